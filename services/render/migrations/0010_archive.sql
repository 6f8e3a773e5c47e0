-- A put that is under way, or whose process was killed before it could record what it stored: an orphan, unless it is
-- repeated. Whoever records documents takes the row away; once it is marked as swept nobody can.
create table puts (
  tenant_id uuid not null,
  id uuid not null,
  bucket text not null,
  object_key text not null,
  locked_until timestamptz not null,
  swept_at timestamptz,
  constraint puts_pkey primary key (tenant_id, id)
);
create index puts_locked_idx on puts (locked_until);

-- Objects that documents refer to. They are stored with a short lock, which is then extended to `retain_until`:
-- the years that the tenant has chosen, from `term_starts_at`, the end of the year of issue.
create table objects (
  tenant_id uuid not null,
  object_key text not null,
  object_version_id text not null,
  bucket text not null,
  locked_until timestamptz not null,
  term_starts_at timestamptz not null,
  retain_until timestamptz not null,
  next_attempt_at timestamptz not null,
  constraint objects_pkey primary key (tenant_id, object_key, object_version_id),
  constraint objects_retained_check check (locked_until <= retain_until)
);
create index objects_extension_idx on objects (next_attempt_at) where locked_until < retain_until;

-- Each choice of a tenant, the newest holds. `applied_at`: longer locks were wished for all that is stored already.
create table retention_choices (
  tenant_id uuid not null,
  id uuid not null,
  years integer not null,
  actor text not null,
  request_id text not null,
  chosen_at timestamptz not null,
  applied_at timestamptz,
  constraint retention_choices_pkey primary key (tenant_id, id),
  constraint retention_choices_years_check check (years between 1 and 100)
);
create index retention_choices_waiting_idx on retention_choices (chosen_at) where applied_at is null;

-- What is stored already has the lock that it was given, which the store alone knows.
insert into objects (
  tenant_id, object_key, object_version_id, bucket, locked_until, term_starts_at, retain_until, next_attempt_at
)
select d.tenant_id, d.object_key, d.object_version_id, d.bucket, min(d.finished_at),
  min(date_trunc('year', i.issued_at, 'Asia/Shanghai') + interval '1 year'), min(d.finished_at), min(d.finished_at)
from documents d
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
where d.state = 'ready'
group by d.tenant_id, d.object_key, d.object_version_id, d.bucket;

do $$
declare
  name text;
begin
  foreach name in array array['puts', 'objects', 'retention_choices'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select, insert on retention_choices to ofp_api;
grant select on retention_choices to ofp_worker;
grant update (applied_at) on retention_choices to ofp_worker;
grant select, insert, update, delete on puts to ofp_worker;
grant select, insert on objects to ofp_worker;
grant update (locked_until, retain_until, next_attempt_at) on objects to ofp_worker;
