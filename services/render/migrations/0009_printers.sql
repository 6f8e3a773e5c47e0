-- How a tenant's printers must be corrected, in millimetres to the right and down.
create table printers (
  tenant_id uuid not null,
  name text not null,
  profile text not null,
  dx numeric not null,
  dy numeric not null,
  version integer not null,
  updated_at timestamptz not null,
  updated_by text not null,
  constraint printers_pkey primary key (tenant_id, name),
  constraint printers_name_check check (length(name) between 1 and 64),
  constraint printers_offset_check check (abs(dx) <= 20 and abs(dy) <= 20 and scale(dx) <= 2 and scale(dy) <= 2)
);

-- Who saved or removed what; an entry without a profile is a removal.
create table printer_changes (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  profile text,
  dx numeric,
  dy numeric,
  actor text not null,
  request_id text not null,
  changed_at timestamptz not null,
  constraint printer_changes_pkey primary key (tenant_id, id)
);

do $$
declare
  name text;
begin
  foreach name in array array['printers', 'printer_changes'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select, insert, update, delete on printers to ofp_api;
grant insert on printer_changes to ofp_api;

-- What is printed is recorded beside what is downloaded.
alter table downloads
  drop constraint downloads_via_check,
  add constraint downloads_via_check check (via in ('credential', 'link', 'support', 'print')) not valid;
alter table downloads validate constraint downloads_via_check;
