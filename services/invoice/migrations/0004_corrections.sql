-- Corrections: red-letter forms, red invoices that name their blue one, and invoices that take another's place.
alter table invoices
  add column red jsonb,
  add column blue_id uuid,
  add column replaces uuid,
  add column replaced_by uuid,
  -- What it takes of its month's quota where that is not its amount: a red invoice frees only its own month.
  add column quota_amount numeric(18, 2),
  add constraint invoices_blue_fkey foreign key (tenant_id, blue_id) references invoices (tenant_id, id),
  add constraint invoices_red_check check ((red is null) = (blue_id is null));
create index invoices_blue_idx on invoices (tenant_id, blue_id) where blue_id is not null;
create index invoices_quota_idx on invoices (tenant_id, taxpayer_id, created_at) where quota_amount is not null;

alter table invoice_views add column red jsonb;

-- A form and, in one row, what is still to be told to or asked of the bureau about it: `task` null only asks.
create table red_forms (
  tenant_id uuid not null,
  id uuid not null,
  taxpayer_id uuid not null,
  invoice_id uuid not null,
  invoice_number text not null,
  state text not null,
  initiator text not null,
  reason text not null,
  content jsonb not null,
  last_error jsonb,
  confirmation_number text,
  uuid text,
  red_invoice_id uuid,
  replacement_id uuid,
  replacement jsonb,
  request_key text not null,
  actor text not null,
  request_id text not null,
  traceparent text not null,
  expires_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  version bigint not null,
  task text,
  attempts integer not null default 0,
  next_attempt_at timestamptz,
  claimed_until timestamptz,
  constraint red_forms_pkey primary key (tenant_id, id),
  constraint red_forms_request_key unique (tenant_id, request_key),
  constraint red_forms_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
  constraint red_forms_state_check check (state in ('01', '02', '03', '04', '05', '06', '07', '08', '09', '10')),
  constraint red_forms_initiator_check check (initiator in ('seller', 'buyer')),
  constraint red_forms_reason_check check (
    reason in ('issued_in_error', 'goods_returned', 'service_stopped', 'allowance')
  ),
  constraint red_forms_task_check check (task in ('apply', 'confirm', 'reject', 'revoke')),
  constraint red_forms_replacement_check check ((replacement is null) = (replacement_id is null))
);
create index red_forms_invoice_idx on red_forms (tenant_id, invoice_id);
create index red_forms_list_idx on red_forms (tenant_id, created_at desc, id desc);
create index red_forms_due_idx on red_forms (next_attempt_at) where next_attempt_at is not null;

-- Up to where the bureau's list of a taxpayer's forms has been read, for those that buyers enter.
create table red_form_cursors (
  tenant_id uuid not null,
  taxpayer_id uuid not null,
  cursor text not null,
  constraint red_form_cursors_pkey primary key (tenant_id, taxpayer_id)
);

do $$
declare
  name text;
begin
  foreach name in array array['red_forms', 'red_form_cursors'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

-- The api may give up drafts, and nothing but drafts.
create policy only_drafts on invoices as restrictive for delete to ofp_api using (status = 'draft');
grant delete on invoices to ofp_api;
grant select, insert, update on red_forms to ofp_api;
grant update (reversal, red, blue_id, replaces, replaced_by, quota_amount, version) on invoices to ofp_api;
grant select, insert, update, delete on red_forms, red_form_cursors to ofp_worker;
