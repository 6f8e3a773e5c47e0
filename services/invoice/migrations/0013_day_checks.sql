-- Each taxpayer's days, to be compared with what the authority holds of them. `difference`: how much more the authority
-- has, of invoices that stand, of their sums without and of tax, and of voided ones.
create table day_checks (
  tenant_id uuid not null,
  taxpayer_id uuid not null,
  day date not null,
  due_at timestamptz not null,
  checked_at timestamptz,
  differs_since timestamptz,
  difference jsonb,
  constraint day_checks_pkey primary key (tenant_id, taxpayer_id, day),
  constraint day_checks_taxpayer_fkey foreign key (tenant_id, taxpayer_id) references taxpayers (tenant_id, id),
  constraint day_checks_difference_check check ((differs_since is null) = (difference is null))
);
create index day_checks_due_idx on day_checks (due_at);
create index day_checks_differs_idx on day_checks (differs_since) where differs_since is not null;

alter table day_checks enable row level security, force row level security;
create policy tenant on day_checks to ofp_api
  using (tenant_id = current_tenant()) with check (tenant_id = current_tenant());
create policy worker on day_checks to ofp_worker using (true) with check (true);
grant select, insert, update on day_checks to ofp_worker;
