-- Tables that every service has: events out and in, idempotency, replicated credentials.
grant usage on schema public to ofp_api, ofp_worker;
grant select on schema_migrations to ofp_api, ofp_worker;

create function current_tenant() returns uuid
  language sql stable parallel safe
  return nullif(current_setting('app.tenant', true), '')::uuid;

-- One row an event, written in the transaction of the change it announces; `payload` holds the final bytes.
create table outbox (
  tenant_id uuid not null,
  id uuid not null,
  position bigint generated always as identity,
  shard smallint not null,
  topic text not null,
  subject uuid not null,
  sequence bigint not null,
  type text not null,
  time timestamptz not null,
  correlation_id text not null,
  traceparent text not null,
  payload bytea not null,
  published_at timestamptz,
  constraint outbox_pkey primary key (id),
  constraint outbox_subject_sequence_key unique (subject, sequence),
  constraint outbox_payload_size_check check (octet_length(payload) <= 4194304)
);
create index outbox_unpublished_idx on outbox (shard, position) where published_at is null;
create index outbox_published_idx on outbox (published_at) where published_at is not null;

-- The last sequence given to a subject; its row lock orders the events of one subject.
create table event_sequences (
  tenant_id uuid not null,
  subject uuid not null,
  last_sequence bigint not null,
  constraint event_sequences_pkey primary key (subject)
);

-- How far this service has applied each subject of each source; what is at or below it is a repeat.
create table inbox (
  source text not null,
  subject uuid not null,
  last_sequence bigint not null,
  parked_at timestamptz,
  updated_at timestamptz not null,
  constraint inbox_pkey primary key (source, subject)
);

-- Events put aside: undecodable, failing for good, or waiting behind one of those.
create table dead_letters (
  id uuid not null,
  topic text not null,
  partition integer not null,
  "offset" bigint not null,
  key bytea,
  headers jsonb not null,
  value bytea,
  source text,
  subject uuid,
  sequence bigint,
  type text,
  reason text not null,
  error text not null,
  tries integer not null,
  created_at timestamptz not null,
  replayed_at timestamptz,
  constraint dead_letters_pkey primary key (id),
  constraint dead_letters_record_key unique (topic, partition, "offset"),
  constraint dead_letters_reason_check check (reason in ('undecodable', 'failed', 'gap', 'behind'))
);
create index dead_letters_waiting_idx on dead_letters (source, subject, sequence) where replayed_at is null;

create table idempotency_keys (
  tenant_id uuid not null,
  route text not null,
  key text not null,
  request_hash bytea not null,
  status smallint,
  headers jsonb,
  body bytea,
  created_at timestamptz not null,
  constraint idempotency_keys_pkey primary key (tenant_id, route, key)
);
create index idempotency_keys_created_idx on idempotency_keys (created_at);

-- Replicas of what auth publishes, so that a request costs no call to auth.
create table api_keys (
  tenant_id uuid not null,
  id uuid not null,
  secret_sha256 bytea not null,
  scopes text[] not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint api_keys_pkey primary key (id),
  constraint api_keys_secret_key unique (secret_sha256)
);
create table tenants (
  tenant_id uuid not null,
  name text not null,
  is_active boolean not null,
  rate_per_second integer not null,
  burst integer not null,
  constraint tenants_pkey primary key (tenant_id)
);
create table revoked_sessions (
  tenant_id uuid not null,
  session_id uuid not null,
  expires_at timestamptz not null,
  constraint revoked_sessions_pkey primary key (session_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['outbox', 'event_sequences', 'idempotency_keys', 'api_keys', 'tenants',
                              'revoked_sessions'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select, insert on outbox to ofp_api;
grant select, insert, update on event_sequences, idempotency_keys to ofp_api;
grant select, insert, update, delete on outbox, event_sequences, inbox, dead_letters, idempotency_keys, api_keys,
  tenants, revoked_sessions to ofp_worker;

-- Look-ups before the tenant is known: only the owner's functions see across tenants, one row at a time.
create policy lookup on api_keys for select to ofp_owner using (true);
create policy lookup on tenants for select to ofp_owner using (true);
create policy lookup on revoked_sessions for select to ofp_owner using (true);

create function find_api_key(wanted_sha256 bytea)
  returns table (id uuid, tenant_id uuid, scopes text[], expires_at timestamptz, rate_per_second integer, burst integer)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select k.id, k.tenant_id, k.scopes, k.expires_at, t.rate_per_second, t.burst
  from api_keys k
  join tenants t on t.tenant_id = k.tenant_id
  where k.secret_sha256 = wanted_sha256
    and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > now())
    and t.is_active;
end;

create function find_session(wanted_tenant uuid, wanted_session uuid)
  returns table (is_revoked boolean, is_active boolean, rate_per_second integer, burst integer)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select
    exists (select from revoked_sessions r where r.session_id = wanted_session),
    t.is_active, t.rate_per_second, t.burst
  from tenants t
  where t.tenant_id = wanted_tenant;
end;

revoke execute on function find_api_key, find_session from public;
grant execute on function find_api_key, find_session to ofp_api, ofp_worker;
