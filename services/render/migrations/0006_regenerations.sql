-- A version that somebody asked for: why, and who.
alter table documents
  add column redrawn_for text,
  add column redrawn_by text,
  add constraint documents_redrawn_check check (num_nulls(redrawn_for, redrawn_by) in (0, 2)) not valid;
alter table documents validate constraint documents_redrawn_check;

-- A support agent of the platform reaches a tenant's documents on the record.
alter table downloads
  drop constraint downloads_via_check,
  add constraint downloads_via_check check (via in ('credential', 'link', 'support')) not valid;
alter table downloads validate constraint downloads_via_check;
