-- A job whose next row cannot be decided at the moment is tried again by itself at `waits_until`, paused or not.
alter table invoice_jobs
  add column waits_until timestamptz,
  add constraint invoice_jobs_waits_check check (
    waits_until is null or status in ('queued', 'running', 'paused') and finished_at is null
  );
drop index invoice_jobs_active_idx;
create index invoice_jobs_active_idx on invoice_jobs (tenant_id, priority desc, created_at)
  where status in ('queued', 'running') or waits_until is not null;
