-- The rules an invoice was judged by, the guard against issuing a sale twice, and whom the tenant issues to.
alter table invoices
  add column rule_pack text,
  add column duplicate_key text;
create unique index invoices_duplicate_key on invoices (tenant_id, duplicate_key) where duplicate_key is not null;

-- A past period is judged in the order of issue.
create index invoices_issue_date_idx on invoices (tenant_id, issue_date, id);

grant update (duplicate_key) on invoices to ofp_api;

-- The directory of buyers but for natural persons, learnt from invoices as they are issued.
create table buyers (
  tenant_id uuid not null,
  name text not null,
  tax_id text not null,
  address text not null,
  phone text not null,
  bank_name text not null,
  bank_account text not null,
  email text not null,
  invoice_count bigint not null,
  last_used_at timestamptz not null,
  constraint buyers_pkey primary key (tenant_id, name, tax_id)
);
create index buyers_tax_id_idx on buyers (tenant_id, tax_id);
create index buyers_last_used_idx on buyers (tenant_id, last_used_at desc);

alter table buyers enable row level security, force row level security;
create policy tenant on buyers to ofp_api using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy worker on buyers to ofp_worker using (true) with check (true);
grant select on buyers to ofp_api;
grant select, insert, update, delete on buyers to ofp_worker;
