-- Exports: archives of invoices and their documents, when they are made by themselves, and checks of what was kept.

-- Where render keeps each document, as it announced it; read when an archive is made.
create table document_places (
  tenant_id uuid not null,
  invoice_id uuid not null,
  format text not null,
  version integer not null,
  bucket text not null,
  key text not null,
  version_id text not null,
  first_byte bigint not null,
  size integer not null,
  sha256 text not null,
  constraint document_places_pkey primary key (tenant_id, invoice_id, format)
);

-- `sealed_secrets` are the target's, encrypted; nothing answers them.
create table export_schedules (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  frequency text not null,
  content jsonb not null,
  target jsonb not null,
  sealed_secrets bytea,
  is_active boolean not null,
  next_run_at timestamptz not null,
  actor text not null,
  version integer not null default 1,
  created_at timestamptz not null,
  constraint export_schedules_pkey primary key (tenant_id, id),
  constraint export_schedules_frequency_check check (frequency in ('weekly', 'monthly'))
);
create index export_schedules_due_idx on export_schedules (next_run_at) where is_active;

-- `content` is what was asked for; the archive lies at `object_key` once it has a hash,
-- until it is deleted there. A worker holds a running
-- export until `claimed_until`; `attempts` tells its claim from earlier ones.
create table exports (
  tenant_id uuid not null,
  id uuid not null,
  status text not null,
  content jsonb not null,
  schedule_id uuid,
  period_from date,
  period_to date,
  target jsonb not null,
  total integer,
  done integer not null default 0,
  missing integer,
  size bigint,
  sha256 text,
  object_key text,
  problem jsonb,
  actor text not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  claimed_until timestamptz,
  created_at timestamptz not null,
  finished_at timestamptz,
  expires_at timestamptz,
  constraint exports_pkey primary key (tenant_id, id),
  constraint exports_period_key unique (tenant_id, schedule_id, period_from, period_to),
  constraint exports_status_check check (status in ('queued', 'running', 'finished', 'failed', 'cancelled')),
  constraint exports_finished_check check (
    status <> 'finished' or num_nulls(size, sha256, finished_at, expires_at) = 0
  )
);
create index exports_due_idx on exports (next_attempt_at) where status in ('queued', 'running');
create index exports_expired_idx on exports (expires_at) where object_key is not null;

-- A sample of an archive compared with the platform; `result` says what was compared and what differed.
create table export_checks (
  tenant_id uuid not null,
  id uuid not null,
  export_id uuid not null,
  status text not null,
  sample integer not null,
  result jsonb,
  actor text not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  claimed_until timestamptz,
  created_at timestamptz not null,
  finished_at timestamptz,
  constraint export_checks_pkey primary key (tenant_id, id),
  constraint export_checks_export_fkey foreign key (tenant_id, export_id) references exports (tenant_id, id),
  constraint export_checks_status_check check (status in ('queued', 'running', 'passed', 'failed'))
);
create index export_checks_export_idx on export_checks (tenant_id, export_id);
create index export_checks_due_idx on export_checks (next_attempt_at) where status in ('queued', 'running');

do $$
declare
  name text;
begin
  foreach name in array array['document_places', 'export_schedules', 'exports', 'export_checks'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select, insert, update, delete on export_schedules to ofp_api;
grant select, insert, update on exports to ofp_api;
grant select, insert on export_checks to ofp_api;
grant select, insert, update, delete on document_places, export_schedules, exports, export_checks to ofp_worker;
