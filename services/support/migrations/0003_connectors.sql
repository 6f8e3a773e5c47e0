-- Connections of taxpayers with the tax bureau that have ever been closed; `ticket_id`: the one ticket about all that
-- waits for it, while it is closed.
create table connectors (
  tenant_id uuid not null,
  taxpayer_id uuid not null,
  seller_name text not null,
  state text not null,
  since timestamptz not null,
  ticket_id uuid,
  constraint connectors_pkey primary key (tenant_id, taxpayer_id),
  constraint connectors_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
  constraint connectors_ticket_check check (ticket_id is null or state <> 'ok')
);
create index connectors_ticket_idx on connectors (tenant_id, ticket_id);

alter table connectors enable row level security, force row level security;
create policy tenant on connectors to ofp_api using (tenant_id = current_tenant())
  with check (tenant_id = current_tenant());
create policy worker on connectors to ofp_worker using (true) with check (true);
grant select, insert, update on connectors to ofp_worker;

alter table invoice_facts add column taxpayer_id uuid;
create index invoice_facts_watched_idx on invoice_facts (tenant_id, taxpayer_id) where is_watched;
