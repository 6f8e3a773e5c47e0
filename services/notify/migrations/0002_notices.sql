-- Users, as auth's events tell of them: who can act, and where notices may go.
create table users (
  tenant_id uuid not null,
  id uuid not null,
  email text,
  roles text[] not null,
  is_active boolean not null,
  constraint users_pkey primary key (tenant_id, id)
);

-- A mail to a user about something that is no invoice, known by the event it tells of: pending (to be sent at
-- next_attempt_at), sent, failed, or withdrawn, because it was over before it was sent. `subject`: what it is about;
-- `ended_at`: a later event about the same has come.
create table notices (
  tenant_id uuid not null,
  event_id uuid not null,
  user_id uuid not null,
  subject uuid not null,
  title text not null,
  title_zh text not null,
  text text not null,
  text_zh text not null,
  state text not null default 'pending',
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  last_error text,
  created_at timestamptz not null,
  sent_at timestamptz,
  ended_at timestamptz,
  constraint notices_pkey primary key (tenant_id, event_id, user_id),
  constraint notices_user_fkey foreign key (tenant_id, user_id) references users (tenant_id, id),
  constraint notices_state_check check (state in ('pending', 'sent', 'failed', 'withdrawn')),
  constraint notices_sent_check check ((state = 'sent') = (sent_at is not null))
);
create index notices_user_idx on notices (tenant_id, user_id);
create index notices_subject_idx on notices (tenant_id, subject) where ended_at is null;
create index notices_due_idx on notices (next_attempt_at) where state = 'pending';

do $$
declare
  name text;
begin
  foreach name in array array['users', 'notices'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;
grant select, insert, update on users, notices to ofp_worker;

-- Messages that are about no invoice.
alter table inbox_messages
  alter column invoice_id drop not null,
  drop constraint inbox_messages_kind_check,
  add constraint inbox_messages_kind_check check (
    kind in (
      'invoice_issued', 'invoice_rejected', 'document_failed', 'delivery_failed', 'connector_login_needed',
      'connector_down', 'connector_restored'
    )
  ) not valid;
alter table inbox_messages validate constraint inbox_messages_kind_check;
