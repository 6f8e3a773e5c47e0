-- What auth owns. Passwords, keys and tokens are kept as hashes, private signing keys sealed.
create table tenant_accounts (
  tenant_id uuid not null,
  name text not null,
  is_platform boolean not null,
  is_active boolean not null,
  rate_per_second integer not null,
  burst integer not null,
  created_at timestamptz not null,
  constraint tenant_accounts_pkey primary key (tenant_id),
  constraint tenant_accounts_name_key unique (name),
  constraint tenant_accounts_rate_check check (rate_per_second > 0 and burst > 0)
);

-- Names are unique across tenants: sign-in knows nothing but the name.
create table users (
  tenant_id uuid not null,
  id uuid not null,
  username text not null,
  email text,
  display_name text not null,
  password_hash text not null,
  roles text[] not null,
  is_active boolean not null,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  constraint users_pkey primary key (tenant_id, id),
  constraint users_username_key unique (username),
  constraint users_email_key unique (email),
  constraint users_username_check check (position('@' in username) = 0),
  constraint users_email_check check (position('@' in email) > 0),
  constraint users_tenant_fkey foreign key (tenant_id) references tenant_accounts
);

create table user_sessions (
  tenant_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  address text not null,
  user_agent text not null,
  revoked_at timestamptz,
  revoke_reason text,
  constraint user_sessions_pkey primary key (tenant_id, id),
  constraint user_sessions_user_fkey foreign key (tenant_id, user_id) references users,
  constraint user_sessions_revoked_check check ((revoked_at is null) = (revoke_reason is null))
);
create index user_sessions_user_idx on user_sessions (tenant_id, user_id, id);
create index user_sessions_expires_idx on user_sessions (expires_at);

-- One row a refresh token, used ones included: a second use betrays a stolen one.
create table refresh_tokens (
  tenant_id uuid not null,
  session_id uuid not null,
  sha256 bytea not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  constraint refresh_tokens_pkey primary key (sha256),
  constraint refresh_tokens_session_fkey foreign key (tenant_id, session_id) references user_sessions
    on delete cascade
);
create index refresh_tokens_session_idx on refresh_tokens (tenant_id, session_id);

create table issued_api_keys (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  environment text not null,
  scopes text[] not null,
  secret_sha256 bytea not null,
  hint text not null,
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  revoked_at timestamptz,
  replaced_by uuid,
  constraint issued_api_keys_pkey primary key (tenant_id, id),
  constraint issued_api_keys_secret_key unique (secret_sha256),
  constraint issued_api_keys_environment_check check (environment in ('test', 'live')),
  constraint issued_api_keys_tenant_fkey foreign key (tenant_id) references tenant_accounts
);

-- Insert-only for every role of the service. The nil tenant holds what concerns nobody known.
create table audit_entries (
  tenant_id uuid not null,
  id uuid not null,
  time timestamptz not null,
  actor text not null,
  action text not null,
  subject uuid,
  address text not null,
  request_id text not null,
  details jsonb not null,
  constraint audit_entries_pkey primary key (tenant_id, id)
);

-- Wrong passwords by keyed digest of the name as typed; of no tenant, because unknown names count alike.
create table sign_in_guards (
  name_digest bytea not null,
  failed_at timestamptz[] not null,
  locked_until timestamptz,
  updated_at timestamptz not null,
  constraint sign_in_guards_pkey primary key (name_digest)
);
create index sign_in_guards_updated_idx on sign_in_guards (updated_at);

-- There is no public part: it is worked out from the sealed one, so nobody can plant a key.
create table signing_keys (
  id text not null,
  sealed_private_key bytea not null,
  active_from timestamptz not null,
  created_at timestamptz not null,
  constraint signing_keys_pkey primary key (id)
);

do $$
declare
  name text;
begin
  foreach name in array array['tenant_accounts', 'users', 'user_sessions', 'refresh_tokens', 'issued_api_keys',
                              'audit_entries'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
    execute format('create policy lookup on %I for select to ofp_owner using (true)', name);
  end loop;
end $$;

grant select on tenant_accounts to ofp_api;
grant select, insert, update on users, user_sessions, refresh_tokens, issued_api_keys to ofp_api, ofp_worker;
grant select, insert, update, delete on sign_in_guards to ofp_api, ofp_worker;
grant select, insert on audit_entries to ofp_api, ofp_worker;
grant select, insert on signing_keys to ofp_api;
grant select, insert on revoked_sessions to ofp_api;
grant select, insert, update on tenant_accounts to ofp_worker;
grant select, insert, update, delete on signing_keys to ofp_worker;
grant delete on user_sessions, refresh_tokens to ofp_worker;

-- Before the tenant is known: one row, found by something only its holder can name.
create function find_login(wanted_name text)
  returns table (tenant_id uuid, id uuid, password_hash text)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select u.tenant_id, u.id, u.password_hash
  from users u
  join tenant_accounts t on t.tenant_id = u.tenant_id
  where (u.username = wanted_name or u.email = wanted_name)
    and u.is_active
    and t.is_active;
end;

create function find_refresh_token(wanted_sha256 bytea)
  returns table (tenant_id uuid, session_id uuid)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select r.tenant_id, r.session_id
  from refresh_tokens r
  where r.sha256 = wanted_sha256;
end;

create function find_client(wanted_id uuid, wanted_sha256 bytea)
  returns table (tenant_id uuid, name text, scopes text[], expires_at timestamptz, rate_per_second integer,
                 burst integer)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select k.tenant_id, k.name, k.scopes, k.expires_at, t.rate_per_second, t.burst
  from issued_api_keys k
  join tenant_accounts t on t.tenant_id = k.tenant_id
  where k.secret_sha256 = wanted_sha256
    and k.id = wanted_id
    and k.revoked_at is null
    and (k.expires_at is null or k.expires_at > now())
    and t.is_active;
end;

revoke execute on function find_login, find_refresh_token, find_client from public;
grant execute on function find_login, find_refresh_token, find_client to ofp_api, ofp_worker;
