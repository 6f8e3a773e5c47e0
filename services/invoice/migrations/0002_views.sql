-- Query views, fed from Kafka; every row can be made again by replaying the topics from their beginning.
create table invoice_views (
  tenant_id uuid not null,
  id uuid not null,
  sort_at timestamptz not null,
  issued_at timestamptz,
  issue_date date,
  kind text not null,
  number text,
  reference text,
  status text not null,
  reversal text not null,
  authority_state text not null,
  buyer_name text not null,
  buyer_tax_id text not null,
  seller_name text not null,
  amount numeric(18, 2) not null,
  tax numeric(18, 2) not null,
  amount_with_tax numeric(18, 2) not null,
  tags text[] not null,
  search_text text not null,
  status_updated_at timestamptz not null,
  expected_final_by timestamptz not null,
  constraint invoice_views_pkey primary key (tenant_id, id)
);
create index invoice_views_sort_idx on invoice_views (tenant_id, sort_at desc, id desc);
create index invoice_views_amount_idx on invoice_views (tenant_id, amount_with_tax, id);
create index invoice_views_number_idx on invoice_views (tenant_id, number, id);
create index invoice_views_reference_idx on invoice_views (tenant_id, reference);
create index invoice_views_buyer_tax_id_idx on invoice_views (tenant_id, buyer_tax_id, sort_at desc);
create index invoice_views_tags_idx on invoice_views using gin (tags);

-- Changes that the views do not show yet: what `consistent=true` waits for and what `as_of` is told from.
create table view_backlog (
  tenant_id uuid not null,
  invoice_id uuid not null,
  changed_at timestamptz not null,
  constraint view_backlog_pkey primary key (tenant_id, invoice_id, changed_at)
);

create table timeline_entries (
  tenant_id uuid not null,
  invoice_id uuid not null,
  event_id uuid not null,
  time timestamptz not null,
  service text not null,
  type text not null,
  summary text not null,
  summary_zh text not null,
  actor text not null,
  request_id text not null,
  constraint timeline_entries_pkey primary key (tenant_id, invoice_id, event_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['invoice_views', 'view_backlog', 'timeline_entries'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select on invoice_views, timeline_entries to ofp_api;
grant select, insert on view_backlog to ofp_api;
grant select, insert, update, delete on invoice_views, view_backlog, timeline_entries to ofp_worker;
