-- How many failed sign-ins one account has had from one source in one hour; subject is nil where nobody has the name.
-- Of them the audit trail gets ever fewer rows, so that nobody fills it by guessing.
create table failed_sign_ins (
  tenant_id uuid not null,
  subject uuid not null,
  source text not null,
  hour timestamptz not null,
  failures integer not null,
  constraint failed_sign_ins_pkey primary key (tenant_id, subject, source, hour),
  constraint failed_sign_ins_failures_check check (failures > 0)
);
create index failed_sign_ins_hour_idx on failed_sign_ins (hour);

alter table failed_sign_ins enable row level security, force row level security;
create policy tenant on failed_sign_ins to ofp_api using (tenant_id = current_tenant())
  with check (tenant_id = current_tenant());
create policy worker on failed_sign_ins to ofp_worker using (true) with check (true);
grant select, insert, update on failed_sign_ins to ofp_api;
grant select, insert, update, delete on failed_sign_ins to ofp_worker;
