-- Finding invoices: tags and notes, the terms that free text is looked up by, counts, saved views, history, shared links.
create table invoice_marks (
  tenant_id uuid not null,
  invoice_id uuid not null,
  tags text[] not null,
  notes jsonb not null default '[]',
  constraint invoice_marks_pkey primary key (tenant_id, invoice_id),
  constraint invoice_marks_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create table tag_colours (
  tenant_id uuid not null,
  tag text not null,
  colour text not null,
  constraint tag_colours_pkey primary key (tenant_id, tag),
  constraint tag_colours_colour_check check (colour ~ '^#[0-9a-f]{6}$')
);

-- Kind, buyer's tax id, tags and every one and two neighbouring characters of the searched text, as numbers that differ
-- from tenant to tenant. A table of its own, so that a new status of an invoice writes none of them again.
create table invoice_terms (
  tenant_id uuid not null,
  id uuid not null,
  terms bigint[] not null,
  constraint invoice_terms_pkey primary key (tenant_id, id)
);
create index invoice_terms_idx on invoice_terms using gin (terms);

-- Row-level security lets an index serve only what provably leaks nothing: comparisons of bigint, not those of numeric;
-- columns, not coalesce(). Numbers sort as text, invoices without one first.
alter table invoice_views
  add column cents bigint not null generated always as ((amount_with_tax * 100)::bigint) stored,
  add column number_key text not null generated always as (coalesce(number, '')) stored;
create index invoice_views_cents_idx on invoice_views (tenant_id, cents, id);
drop index invoice_views_amount_idx;
create index invoice_views_number_key_idx on invoice_views (tenant_id, number_key, id);
-- What is exceptional has indexes of its own.
create index invoice_views_status_idx on invoice_views (tenant_id, status, sort_at) where status <> 'issued';
create index invoice_views_reversal_idx on invoice_views (tenant_id, reversal, sort_at) where reversal <> 'none';
drop index invoice_views_number_idx;
drop index invoice_views_buyer_tax_id_idx;
drop index invoice_views_tags_idx;

create table saved_views (
  tenant_id uuid not null,
  id uuid not null,
  owner text not null,
  name text not null,
  is_shared boolean not null,
  query jsonb not null,
  updated_at timestamptz not null,
  constraint saved_views_pkey primary key (tenant_id, id),
  constraint saved_views_name_key unique (tenant_id, owner, name)
);

-- Who holds the token sees one timeline, without names, until it expires; only the token's hash is kept.
create table timeline_links (
  tenant_id uuid not null,
  token_sha256 bytea not null,
  invoice_id uuid not null,
  created_by text not null,
  expires_at timestamptz not null,
  constraint timeline_links_pkey primary key (tenant_id, token_sha256),
  constraint timeline_links_token_key unique (token_sha256),
  constraint timeline_links_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index timeline_links_invoice_idx on timeline_links (tenant_id, invoice_id);

-- What the views' consumer saw change, waiting to be put into its tenant's chain; `place` is the order.
create table history_backlog (
  tenant_id uuid not null,
  place bigint generated always as identity,
  invoice_id uuid not null,
  event_id uuid not null,
  time timestamptz not null,
  field text not null,
  old jsonb not null,
  new jsonb not null,
  actor text not null,
  request_id text not null,
  reason text not null,
  constraint history_backlog_pkey primary key (place)
);
-- One row a changed field of an invoice. `hash` is the SHA-256 of the previous row's hash and this row's content.
create table invoice_history (
  tenant_id uuid not null,
  position bigint not null,
  invoice_id uuid not null,
  event_id uuid not null,
  time timestamptz not null,
  field text not null,
  old jsonb not null,
  new jsonb not null,
  actor text not null,
  request_id text not null,
  reason text not null,
  hash bytea not null,
  constraint invoice_history_pkey primary key (tenant_id, position)
);
create index invoice_history_invoice_idx on invoice_history (tenant_id, invoice_id, position);
-- The end of each tenant's chain.
create table history_heads (
  tenant_id uuid not null,
  position bigint not null,
  hash bytea not null,
  constraint history_heads_pkey primary key (tenant_id)
);

-- Invoices and sums by day of issue (Asia/Shanghai) and state, kept by the views' triggers.
create table invoice_counts (
  tenant_id uuid not null,
  day date not null,
  status text not null,
  authority_state text not null,
  reversal text not null,
  invoices bigint not null,
  amount numeric(24, 2) not null,
  tax numeric(24, 2) not null,
  amount_with_tax numeric(24, 2) not null,
  constraint invoice_counts_pkey primary key (tenant_id, day, status, authority_state, reversal)
);

create function count_invoices() returns trigger language plpgsql as $$
begin
  insert into invoice_counts as c (
    tenant_id, day, status, authority_state, reversal, invoices, amount, tax, amount_with_tax
  )
  select tenant_id, (sort_at at time zone 'Asia/Shanghai')::date as day, status, authority_state, reversal,
    sum(weight), sum(weight * amount), sum(weight * tax), sum(weight * amount_with_tax)
  from (
    select 1 as weight, tenant_id, sort_at, status, authority_state, reversal, amount, tax, amount_with_tax
    from new_rows
  ) as change
  group by 1, 2, 3, 4, 5
  order by 1, 2, 3, 4, 5
  on conflict (tenant_id, day, status, authority_state, reversal) do update
  set invoices = c.invoices + excluded.invoices, amount = c.amount + excluded.amount, tax = c.tax + excluded.tax,
      amount_with_tax = c.amount_with_tax + excluded.amount_with_tax;
  return null;
end $$;
create function recount_invoices() returns trigger language plpgsql as $$
begin
  insert into invoice_counts as c (
    tenant_id, day, status, authority_state, reversal, invoices, amount, tax, amount_with_tax
  )
  select tenant_id, (sort_at at time zone 'Asia/Shanghai')::date as day, status, authority_state, reversal,
    sum(weight), sum(weight * amount), sum(weight * tax), sum(weight * amount_with_tax)
  from (
    select 1 as weight, tenant_id, sort_at, status, authority_state, reversal, amount, tax, amount_with_tax
    from new_rows
    union all
    select -1, tenant_id, sort_at, status, authority_state, reversal, amount, tax, amount_with_tax
    from old_rows
  ) as change
  group by 1, 2, 3, 4, 5
  having sum(weight) <> 0 or sum(weight * amount) <> 0 or sum(weight * tax) <> 0
  order by 1, 2, 3, 4, 5
  on conflict (tenant_id, day, status, authority_state, reversal) do update
  set invoices = c.invoices + excluded.invoices, amount = c.amount + excluded.amount, tax = c.tax + excluded.tax,
      amount_with_tax = c.amount_with_tax + excluded.amount_with_tax;
  return null;
end $$;
create trigger count_new after insert on invoice_views
  referencing new table as new_rows for each statement execute function count_invoices();
create trigger count_changed after update on invoice_views
  referencing old table as old_rows new table as new_rows for each statement execute function recount_invoices();

do $$
declare
  name text;
begin
  foreach name in array array['invoice_marks', 'tag_colours', 'invoice_terms', 'saved_views', 'timeline_links',
                              'invoice_history', 'history_heads', 'history_backlog', 'invoice_counts'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

-- For the same reason the terms are looked up by the owner, and only for the tenant of the transaction.
create policy lookup on invoice_terms for select to ofp_owner using (true);
create function find_by_terms(wanted bigint[]) returns setof uuid
  language sql stable security definer rows 500
  set search_path = public, pg_temp set plan_cache_mode = force_custom_plan
begin atomic
  select t.id
  from invoice_terms t
  where t.terms @> wanted
    and t.tenant_id = current_tenant();
end;
revoke execute on function find_by_terms from public;
grant execute on function find_by_terms to ofp_api, ofp_worker;

create policy lookup on timeline_links for select to ofp_owner using (true);
create function find_timeline_link(wanted_sha256 bytea)
  returns table (tenant_id uuid, invoice_id uuid, expires_at timestamptz)
  language sql stable security definer set search_path = public, pg_temp
begin atomic
  select l.tenant_id, l.invoice_id, l.expires_at
  from timeline_links l
  where l.token_sha256 = wanted_sha256;
end;
revoke execute on function find_timeline_link from public;
grant execute on function find_timeline_link to ofp_api;

grant update (version) on invoices to ofp_api;
grant select, insert, update on invoice_marks, tag_colours to ofp_api;
grant delete on tag_colours to ofp_api;
grant select, insert, update, delete on saved_views to ofp_api;
grant select, insert on timeline_links to ofp_api;
grant select on invoice_terms, invoice_history, invoice_counts to ofp_api;
grant select, insert, update, delete on invoice_marks, tag_colours, invoice_terms, saved_views, timeline_links,
  history_heads, history_backlog, invoice_counts to ofp_worker;
grant select, insert on invoice_history to ofp_worker;

-- What the views hold already, brought into the counts once.
insert into invoice_counts
select tenant_id, (sort_at at time zone 'Asia/Shanghai')::date, status, authority_state, reversal,
  count(*), sum(amount), sum(tax), sum(amount_with_tax)
from invoice_views
group by 1, 2, 3, 4, 5;
