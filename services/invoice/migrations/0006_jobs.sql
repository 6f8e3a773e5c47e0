-- Bulk jobs: what was sent, in blocks of rows that are worked off one transaction each, and the result of every row.
create table invoice_jobs (
  tenant_id uuid not null,
  id uuid not null,
  actor text not null,
  format text not null,
  priority smallint not null,
  status text not null,
  total integer,
  succeeded integer not null default 0,
  failed integer not null default 0,
  blocks integer not null default 0,
  block integer not null default 1,
  position integer not null default 0,
  done_at_start integer not null default 0,
  columns text[],
  problem jsonb,
  request_id text not null,
  traceparent text not null,
  created_at timestamptz not null,
  started_at timestamptz,
  updated_at timestamptz not null,
  announced_at timestamptz not null,
  finished_at timestamptz,
  expected_finish_at timestamptz,
  constraint invoice_jobs_pkey primary key (tenant_id, id),
  constraint invoice_jobs_format_check check (format in ('ndjson', 'csv', 'xlsx')),
  constraint invoice_jobs_status_check check (
    status in ('queued', 'running', 'paused', 'finished', 'cancelled', 'failed')
  ),
  constraint invoice_jobs_counts_check check (succeeded >= 0 and failed >= 0 and succeeded + failed <= total)
);
create index invoice_jobs_active_idx on invoice_jobs (tenant_id, priority desc, created_at)
  where status in ('queued', 'running');

-- Whose turn it is: tenants take turns, and one worker at a time serves a tenant.
create table invoice_job_lanes (
  tenant_id uuid not null,
  served_at timestamptz,
  claimed_until timestamptz,
  constraint invoice_job_lanes_pkey primary key (tenant_id)
);

-- A table as it was uploaded, until its rows have been read.
create table invoice_job_uploads (
  tenant_id uuid not null,
  job_id uuid not null,
  number integer not null,
  content bytea not null,
  constraint invoice_job_uploads_pkey primary key (tenant_id, job_id, number),
  constraint invoice_job_uploads_job_fkey foreign key (tenant_id, job_id) references invoice_jobs (tenant_id, id)
);
alter table invoice_job_uploads alter column content set storage external;

-- Rows still to be worked off: `content` has one line of JSON for each of `rows`; `places` the sheet's lines of each.
create table invoice_job_blocks (
  tenant_id uuid not null,
  job_id uuid not null,
  number integer not null,
  rows integer[] not null,
  content bytea not null,
  places jsonb,
  constraint invoice_job_blocks_pkey primary key (tenant_id, job_id, number),
  constraint invoice_job_blocks_job_fkey foreign key (tenant_id, job_id) references invoice_jobs (tenant_id, id)
);
alter table invoice_job_blocks alter column content set storage external;

-- What became of each row; `invoice` (JSON as sent) only where it failed, so that it can be tried again.
create table invoice_job_rows (
  tenant_id uuid not null,
  job_id uuid not null,
  row integer not null,
  state text not null,
  reference text,
  invoice_id uuid,
  problem jsonb,
  invoice bytea,
  places jsonb,
  constraint invoice_job_rows_pkey primary key (tenant_id, job_id, row),
  constraint invoice_job_rows_job_fkey foreign key (tenant_id, job_id) references invoice_jobs (tenant_id, id),
  constraint invoice_job_rows_state_check check (state in ('queued', 'succeeded', 'failed')),
  constraint invoice_job_rows_outcome_check check (
    (state = 'succeeded') = (invoice_id is not null) and (state = 'failed') = (problem is not null)
  )
);
create index invoice_job_rows_unfinished_idx on invoice_job_rows (tenant_id, job_id, state, row)
  where state <> 'succeeded';

-- What a tenant calls the columns of its tables: the heading in its files, and the column that is meant.
create table invoice_job_mappings (
  tenant_id uuid not null,
  columns jsonb not null,
  updated_at timestamptz not null,
  constraint invoice_job_mappings_pkey primary key (tenant_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['invoice_jobs', 'invoice_job_lanes', 'invoice_job_uploads', 'invoice_job_blocks',
                              'invoice_job_rows', 'invoice_job_mappings'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select, insert, update on invoice_jobs, invoice_job_rows, invoice_job_mappings to ofp_api;
grant select, insert on invoice_job_lanes, invoice_job_uploads, invoice_job_blocks to ofp_api;
grant select, insert, update, delete on invoice_jobs, invoice_job_lanes, invoice_job_uploads, invoice_job_blocks,
  invoice_job_rows, invoice_job_mappings to ofp_worker;
