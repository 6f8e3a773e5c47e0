-- How each taxpayer stands with the authority, and when it is to be spoken to again about what.
create table connectors (
  tenant_id uuid not null,
  taxpayer_id uuid not null,
  state text not null default 'ok',
  since timestamptz not null,
  failures integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null,
  claimed_until timestamptz,
  numbers_due_at timestamptz,
  quota_due_at timestamptz not null,
  constraint connectors_pkey primary key (tenant_id, taxpayer_id),
  constraint connectors_taxpayer_fkey foreign key (tenant_id, taxpayer_id) references taxpayers (tenant_id, id),
  constraint connectors_state_check check (state in ('ok', 'degraded', 'login_needed', 'down'))
);
create index connectors_numbers_due_idx on connectors (numbers_due_at) where numbers_due_at is not null;
create index connectors_quota_due_idx on connectors (quota_due_at);

alter table connectors enable row level security, force row level security;
create policy tenant on connectors to ofp_api using (tenant_id = current_tenant())
  with check (tenant_id = current_tenant());
create policy worker on connectors to ofp_worker using (true) with check (true);
grant select, insert on connectors to ofp_api;
grant select, insert, update, delete on connectors to ofp_worker;

-- At most one open order for a taxpayer and year; `asked_at` spaces the questions about it.
alter table number_blocks add column asked_at timestamptz;
create unique index number_blocks_open_key on number_blocks (tenant_id, taxpayer_id, year) where first_number is null;

-- Submissions wait in a line of their taxpayer; `overdue_at`: its lateness has been announced.
alter table submissions
  add column taxpayer_id uuid,
  add column overdue_at timestamptz;

grant update (authority_state, authority_updated_at, last_error, expected_final_by, version) on invoices to ofp_api;

-- What the bureau says was used; `differs_since`: nothing is under way that would explain the difference.
alter table quotas
  add column bureau_used numeric(20, 2),
  add column differs_since timestamptz;

-- The owner sees the rows of all tenants only for this.
alter table taxpayers no force row level security;
alter table invoices no force row level security;
alter table submissions no force row level security;
alter table connectors no force row level security;
update submissions s
set taxpayer_id = i.taxpayer_id
from invoices i
where i.tenant_id = s.tenant_id and i.id = s.invoice_id;
insert into connectors (tenant_id, taxpayer_id, since, next_attempt_at, numbers_due_at, quota_due_at)
select tenant_id, id, created_at, created_at, case when channel = 'local_blocks' then created_at end, created_at
from taxpayers;
alter table taxpayers force row level security;
alter table invoices force row level security;
alter table submissions force row level security;
alter table connectors force row level security;

alter table submissions alter column taxpayer_id set not null;
drop index submissions_due_idx;
create index submissions_line_idx on submissions (tenant_id, taxpayer_id, next_attempt_at);
