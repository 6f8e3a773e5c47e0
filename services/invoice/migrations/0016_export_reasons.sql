-- Why documents are not in an archive: how many by reason, beside their number in `missing`.
alter table exports add column missing_reasons jsonb;
