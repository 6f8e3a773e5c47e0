-- Why documents of the invoice could not be made, by format; what waits for one of them says so.
alter table invoices add column lacks jsonb not null default '{}';
