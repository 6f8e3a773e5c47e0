-- The documents of an invoice are drawn together: found beside each other among those that wait.
drop index documents_pending_idx;
create index documents_pending_idx on documents (tenant_id, claimed_until, invoice_id) where state = 'pending';

-- JSON and UBL are made when they are first asked for, so the api may add a pending document.
alter table documents
  drop constraint documents_format_check,
  add constraint documents_format_check check (format in ('xml', 'pdf', 'ofd', 'json', 'ubl')) not valid;
alter table documents validate constraint documents_format_check;
grant insert on documents to ofp_api;
