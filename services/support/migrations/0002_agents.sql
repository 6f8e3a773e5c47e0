-- How a platform agent reaches the tickets of all tenants: through these functions only, and each use leaves a row.

create table agent_accesses (
  tenant_id uuid,
  id bigint generated always as identity,
  agent text not null,
  ticket_id uuid,
  action text not null,
  request_id text not null,
  created_at timestamptz not null default now(),
  constraint agent_accesses_pkey primary key (id)
);
create index agent_accesses_ticket_idx on agent_accesses (ticket_id, id);

alter table agent_accesses enable row level security, force row level security;
create policy tenant on agent_accesses for select to ofp_api using (tenant_id = current_tenant());
create policy worker on agent_accesses to ofp_worker using (true) with check (true);
create policy record on agent_accesses for insert to ofp_owner with check (true);

create policy lookup on tickets for select to ofp_owner using (true);
create policy lookup on invoice_facts for select to ofp_owner using (true);

-- A ticket in the shape of a list; whose rows it shows is decided by the policies that apply to the one who asks.
create view ticket_summaries with (security_invoker = true) as
select
  k.tenant_id, t.name as tenant_name, k.id, k.number, k.category, k.title, k.state, k.invoice_id,
  f.number as invoice_number, f.reference as invoice_reference, f.status as invoice_status,
  f.authority_state as invoice_authority_state, k.agent_id, k.agent_name, k.version, k.created_at, k.updated_at
from tickets k
left join tenants t on t.tenant_id = k.tenant_id
left join invoice_facts f on f.tenant_id = k.tenant_id and f.invoice_id = k.invoice_id;
grant select on ticket_summaries, tenants to ofp_api;

-- The tenant of a ticket, so that the agent's request can go on as that tenant's; null if there is no such ticket.
create function enter_ticket(asked_by text, wanted_ticket uuid, wanted_action text, asking_request text)
  returns uuid
  language sql volatile security definer set search_path = public, pg_temp
begin atomic
  insert into agent_accesses (tenant_id, agent, ticket_id, action, request_id)
  values (
    (select k.tenant_id from tickets k where k.id = wanted_ticket),
    asked_by, wanted_ticket, wanted_action, asking_request
  );
  select k.tenant_id from tickets k where k.id = wanted_ticket;
end;

-- Tickets of all tenants, newest first, before `before_id`; null filters let everything through.
create function list_all_tickets(
  asked_by text, asking_request text, wanted_state text, wanted_invoice uuid, wanted_number text, before_id uuid,
  most integer
)
  returns setof ticket_summaries
  language sql volatile security definer set search_path = public, pg_temp
begin atomic
  insert into agent_accesses (agent, action, request_id) values (asked_by, 'list', asking_request);
  select *
  from ticket_summaries s
  where (wanted_state is null or s.state = wanted_state)
    and (wanted_invoice is null or s.invoice_id = wanted_invoice)
    and (wanted_number is null or s.invoice_number = wanted_number)
    and (before_id is null or s.id < before_id)
  order by s.id desc
  limit most;
end;

revoke execute on function enter_ticket, list_all_tickets from public;
grant execute on function enter_ticket, list_all_tickets to ofp_api;
