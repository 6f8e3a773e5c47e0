-- Voids (作废): wishes to void an invoice. One row holds the wish and what is still to be asked of the bureau about it.
create table voids (
  tenant_id uuid not null,
  id uuid not null,
  taxpayer_id uuid not null,
  invoice_id uuid not null,
  state text not null,
  reason text not null,
  actor text not null,
  request_id text not null,
  traceparent text not null,
  requested_at timestamptz not null,
  settled_at timestamptz,
  last_error jsonb,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  claimed_until timestamptz,
  constraint voids_pkey primary key (tenant_id, id),
  constraint voids_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
  constraint voids_taxpayer_fkey foreign key (tenant_id, taxpayer_id) references taxpayers (tenant_id, id),
  constraint voids_state_check check (state in ('requested', 'done', 'refused')),
  constraint voids_settled_check check ((state = 'requested') = (settled_at is null)),
  constraint voids_error_check check ((state = 'refused') = (last_error is not null))
);
create unique index voids_open_key on voids (tenant_id, invoice_id) where state = 'requested';
create index voids_invoice_idx on voids (tenant_id, invoice_id);
create index voids_taxpayer_idx on voids (tenant_id, taxpayer_id);
create index voids_due_idx on voids (next_attempt_at) where state = 'requested';

alter table voids enable row level security, force row level security;
create policy tenant on voids to ofp_api using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy worker on voids to ofp_worker using (true) with check (true);
grant select, insert on voids to ofp_api;
grant select, insert, update on voids to ofp_worker;
