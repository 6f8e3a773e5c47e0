-- What red invoices have taken back of an issued one, so that whoever holds a copy can be told.
create table reversals (
  tenant_id uuid not null,
  invoice_id uuid not null,
  reversal text not null,
  updated_at timestamptz not null,
  constraint reversals_pkey primary key (tenant_id, invoice_id),
  constraint reversals_reversal_check check (reversal in ('partial', 'full'))
);
alter table reversals enable row level security, force row level security;
create policy tenant on reversals to ofp_api using (tenant_id = current_tenant())
  with check (tenant_id = current_tenant());
create policy worker on reversals to ofp_worker using (true) with check (true);
grant select on reversals to ofp_api;
grant select, insert, update on reversals to ofp_worker;

-- Whoever asks about a document has no tenant: two functions say whose it is, and nothing else of it.
create index documents_sha256_idx on documents using hash (sha256) where state = 'ready';
create index invoices_number_idx on invoices (number);
create policy lookup on documents for select to ofp_owner using (true);
create policy lookup on invoices for select to ofp_owner using (true);

create function find_document_owner(wanted_sha256 text)
  returns table (tenant_id uuid, invoice_id uuid, format text, version integer)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select d.tenant_id, d.invoice_id, d.format, d.version
  from documents d
  where d.sha256 = wanted_sha256
    and d.state = 'ready'
  limit 1;
end;

create function find_invoice_owner(wanted_code text, wanted_number text)
  returns table (tenant_id uuid, invoice_id uuid)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select i.tenant_id, i.id
  from invoices i
  where i.number = wanted_number
    and coalesce(i.code, '') = wanted_code
  limit 1;
end;

revoke execute on function find_document_owner, find_invoice_owner from public;
grant execute on function find_document_owner, find_invoice_owner to ofp_api;
