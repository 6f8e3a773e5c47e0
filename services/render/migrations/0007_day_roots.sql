-- Keys that have signed; they stay published for ever.
create table seal_keys (
  id text not null,
  x text not null,
  first_used_at timestamptz not null,
  constraint seal_keys_pkey primary key (id)
);
grant select on seal_keys to ofp_api;
grant select, insert on seal_keys to ofp_worker;

-- The day in whose root a document is, and its place among the leaves.
alter table documents
  add column sealed_on date,
  add column leaf_index integer,
  add constraint documents_sealed_check check (
    num_nonnulls(sealed_on, leaf_index) = 0 or (num_nulls(sealed_on, leaf_index) = 0 and state = 'ready')
  );
create index documents_unsealed_idx on documents (tenant_id, invoice_id, format, version)
  where state = 'ready' and sealed_on is null;

-- One signed root a tenant and day; `tile_roots` are the roots of its tiles, one after the other.
create table day_roots (
  tenant_id uuid not null,
  day date not null,
  documents integer not null,
  root bytea not null,
  previous bytea,
  payload bytea not null,
  key_id text not null,
  signature bytea not null,
  tile_roots bytea not null,
  sealed_at timestamptz not null,
  constraint day_roots_pkey primary key (tenant_id, day),
  constraint day_roots_documents_check check (documents > 0),
  constraint day_roots_root_check check (octet_length(root) = 32 and octet_length(previous) = 32)
);

-- Hashes of up to 256 consecutive leaves, one after the other: what a proof needs beside the roots of the tiles.
create table day_tiles (
  tenant_id uuid not null,
  day date not null,
  tile integer not null,
  leaves bytea not null,
  constraint day_tiles_pkey primary key (tenant_id, day, tile),
  constraint day_tiles_root_fkey foreign key (tenant_id, day) references day_roots (tenant_id, day)
    deferrable initially deferred,
  constraint day_tiles_leaves_check check (
    octet_length(leaves) between 32 and 8192 and octet_length(leaves) % 32 = 0
  )
);

do $$
declare
  name text;
begin
  foreach name in array array['day_roots', 'day_tiles'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;
grant select on day_roots, day_tiles to ofp_api;
grant select, insert on day_roots, day_tiles to ofp_worker;
