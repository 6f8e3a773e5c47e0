-- Tickets with replies and history, and what is known of each invoice from the events of its neighbours.

-- The state of an invoice as far as events told it. A document may be heard of before its invoice: all may be null.
create table invoice_facts (
  tenant_id uuid not null,
  invoice_id uuid not null,
  number text,
  reference text,
  kind text,
  buyer_name text,
  total numeric(18, 2),
  status text,
  authority_state text,
  expected_final_by timestamptz,
  is_final boolean not null default false,
  documents jsonb not null default '{}',
  deliveries jsonb not null default '{}',
  last_problem text,
  last_problem_zh text,
  last_problem_at timestamptz,
  is_watched boolean not null default false,
  updated_at timestamptz not null,
  constraint invoice_facts_pkey primary key (tenant_id, invoice_id),
  constraint invoice_facts_status_check check (status in ('pending', 'issued', 'rejected', 'voided')),
  constraint invoice_facts_watched_check check (not is_watched or (expected_final_by is not null and not is_final))
);
create index invoice_facts_number_idx on invoice_facts (tenant_id, number);
create index invoice_facts_due_idx on invoice_facts (expected_final_by) where is_watched;

-- Users as auth announced them: whom a ticket can be assigned to.
create table users (
  tenant_id uuid not null,
  id uuid not null,
  username text not null,
  display_name text not null,
  is_agent boolean not null,
  is_active boolean not null,
  constraint users_pkey primary key (tenant_id, id)
);
create index users_username_idx on users (tenant_id, username);

-- The last ticket number given in a tenant; its row lock makes the numbers gapless.
create table ticket_counters (
  tenant_id uuid not null,
  last_number integer not null,
  constraint ticket_counters_pkey primary key (tenant_id)
);

create table tickets (
  tenant_id uuid not null,
  id uuid not null,
  number integer not null,
  category text not null,
  title text not null,
  text text not null,
  state text not null,
  invoice_id uuid,
  opened_by text not null,
  opened_by_name text not null,
  agent_id uuid,
  agent_name text,
  resolution text,
  version integer not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  closed_at timestamptz,
  constraint tickets_pkey primary key (tenant_id, id),
  constraint tickets_id_key unique (id),
  constraint tickets_number_key unique (tenant_id, number),
  constraint tickets_category_check check (
    category in ('invoice', 'document', 'delivery', 'sign_in', 'printing', 'other', 'promise')
  ),
  constraint tickets_state_check check (state in ('open', 'waiting_agent', 'waiting_customer', 'closed')),
  constraint tickets_closed_check check ((state = 'closed') = (closed_at is not null)),
  constraint tickets_title_check check (char_length(title) between 1 and 200),
  constraint tickets_text_check check (char_length(text) between 1 and 5000)
);
create index tickets_invoice_idx on tickets (tenant_id, invoice_id);
create index tickets_state_idx on tickets (state, id);
-- The platform has at most one open ticket about a missed promise of an invoice.
create unique index tickets_promise_key on tickets (tenant_id, invoice_id)
  where category = 'promise' and state <> 'closed';

create table ticket_replies (
  tenant_id uuid not null,
  ticket_id uuid not null,
  id uuid not null,
  author text not null,
  author_name text not null,
  is_agent boolean not null,
  is_internal boolean not null,
  text text not null,
  created_at timestamptz not null,
  constraint ticket_replies_pkey primary key (tenant_id, ticket_id, id),
  constraint ticket_replies_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
  constraint ticket_replies_internal_check check (is_agent or not is_internal),
  constraint ticket_replies_text_check check (char_length(text) between 1 and 5000)
);

-- One row a version of a ticket: what changed it, who, and how it stood afterwards.
create table ticket_changes (
  tenant_id uuid not null,
  ticket_id uuid not null,
  version integer not null,
  change text not null,
  state text not null,
  actor text not null,
  actor_name text not null,
  note text not null,
  request_id text not null,
  created_at timestamptz not null,
  constraint ticket_changes_pkey primary key (tenant_id, ticket_id, version),
  constraint ticket_changes_ticket_fkey foreign key (tenant_id, ticket_id) references tickets (tenant_id, id),
  constraint ticket_changes_change_check check (
    change in ('opened', 'replied', 'noted', 'assigned', 'closed', 'reopened')
  )
);

do $$
declare
  name text;
begin
  foreach name in array array['invoice_facts', 'users', 'ticket_counters', 'tickets', 'ticket_replies',
                              'ticket_changes'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select on invoice_facts, users to ofp_api;
grant select, insert, update on ticket_counters, tickets to ofp_api, ofp_worker;
grant select, insert on ticket_replies, ticket_changes to ofp_api, ofp_worker;
grant select, insert, update on invoice_facts, users to ofp_worker;
