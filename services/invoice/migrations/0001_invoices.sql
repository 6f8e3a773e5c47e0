-- Write model: taxpayers, number blocks, quota, invoices and what is to be told to the authority.
create table taxpayers (
  tenant_id uuid not null,
  id uuid not null,
  name text not null,
  tax_id text not null,
  address text not null,
  phone text not null,
  bank_name text not null,
  bank_account text not null,
  channel text not null,
  is_default boolean not null,
  created_at timestamptz not null,
  constraint taxpayers_pkey primary key (tenant_id, id),
  constraint taxpayers_tax_id_key unique (tenant_id, tax_id),
  constraint taxpayers_channel_check check (channel in ('local_blocks', 'assigned_on_issue'))
);
create unique index taxpayers_default_key on taxpayers (tenant_id) where is_default;

-- A row is first an order (no numbers yet), then a block; `next_number` is the one to be taken next.
create table number_blocks (
  tenant_id uuid not null,
  id uuid not null,
  taxpayer_id uuid not null,
  year smallint not null,
  first_number numeric(20, 0),
  last_number numeric(20, 0),
  next_number numeric(20, 0),
  ordered_at timestamptz not null,
  received_at timestamptz,
  constraint number_blocks_pkey primary key (tenant_id, id),
  constraint number_blocks_first_key unique (first_number),
  constraint number_blocks_taxpayer_fkey foreign key (tenant_id, taxpayer_id) references taxpayers (tenant_id, id),
  constraint number_blocks_range_check check (
    num_nulls(first_number, last_number, next_number) in (0, 3)
    and (first_number is null or next_number between first_number and last_number + 1)
  )
);
create index number_blocks_taxpayer_idx on number_blocks (tenant_id, taxpayer_id, year, first_number);

-- One calendar month of one taxpayer; tax-exclusive sums. `reserved` is accepted but not yet issued.
create table quotas (
  tenant_id uuid not null,
  taxpayer_id uuid not null,
  period text not null,
  total numeric(20, 2) not null,
  used numeric(20, 2) not null default 0,
  reserved numeric(20, 2) not null default 0,
  is_suspended boolean not null default false,
  as_of timestamptz not null,
  constraint quotas_pkey primary key (tenant_id, taxpayer_id, period),
  constraint quotas_taxpayer_fkey foreign key (tenant_id, taxpayer_id) references taxpayers (tenant_id, id),
  constraint quotas_period_check check (period ~ '^[0-9]{6}$'),
  constraint quotas_sums_check check (reserved >= 0 and used + reserved <= total)
);

create table invoices (
  tenant_id uuid not null,
  id uuid not null,
  taxpayer_id uuid not null,
  kind text not null,
  code text,
  number text,
  reference text,
  status text not null,
  reversal text not null,
  channel text not null,
  authority_state text not null,
  authority_updated_at timestamptz not null,
  last_error jsonb,
  issue_date date,
  issued_at timestamptz,
  amount numeric(18, 2) not null,
  tax numeric(18, 2) not null,
  amount_with_tax numeric(18, 2) not null,
  content jsonb not null,
  fingerprint text not null,
  version bigint not null,
  actor text not null,
  status_updated_at timestamptz not null,
  expected_final_by timestamptz not null,
  created_at timestamptz not null,
  constraint invoices_pkey primary key (tenant_id, id),
  constraint invoices_number_key unique (number),
  constraint invoices_reference_key unique (tenant_id, reference),
  constraint invoices_taxpayer_fkey foreign key (tenant_id, taxpayer_id) references taxpayers (tenant_id, id),
  constraint invoices_status_check check (status in ('draft', 'pending', 'issued', 'rejected', 'voided')),
  constraint invoices_reversal_check check (reversal in ('none', 'partial', 'full')),
  constraint invoices_channel_check check (channel in ('local_blocks', 'assigned_on_issue')),
  constraint invoices_authority_state_check check (
    authority_state in ('not_submitted', 'submitted', 'outcome_unknown', 'waiting_operator', 'confirmed', 'refused')
  ),
  constraint invoices_number_check check ((status in ('issued', 'voided')) = (number is not null)),
  constraint invoices_sums_check check (amount + tax = amount_with_tax)
);
create index invoices_taxpayer_idx on invoices (tenant_id, taxpayer_id);

-- What is still to be told to, or asked of, the authority about an invoice; the row goes when the answer is final.
create table submissions (
  tenant_id uuid not null,
  invoice_id uuid not null,
  serial text not null,
  attempts integer not null default 0,
  ask_first boolean not null default false,
  request_id text not null,
  traceparent text not null,
  next_attempt_at timestamptz not null,
  claimed_until timestamptz,
  constraint submissions_pkey primary key (tenant_id, invoice_id),
  constraint submissions_serial_key unique (serial),
  constraint submissions_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id)
);
create index submissions_due_idx on submissions (next_attempt_at);

-- Documents as render announced them; read with the invoice.
create table invoice_documents (
  tenant_id uuid not null,
  invoice_id uuid not null,
  format text not null,
  state text not null,
  version integer,
  sha256 text,
  size integer,
  reason text,
  constraint invoice_documents_pkey primary key (tenant_id, invoice_id, format),
  constraint invoice_documents_state_check check (state in ('pending', 'ready', 'failed'))
);

do $$
declare
  name text;
begin
  foreach name in array array['taxpayers', 'number_blocks', 'quotas', 'invoices', 'submissions',
                              'invoice_documents'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select, insert, update on taxpayers to ofp_api;
grant select, insert on number_blocks, quotas to ofp_api;
grant update (next_number) on number_blocks to ofp_api;
grant update (used, reserved) on quotas to ofp_api;
grant select, insert on invoices, submissions, invoice_documents to ofp_api;
grant select, insert, update, delete on taxpayers, number_blocks, quotas, invoices, submissions, invoice_documents
  to ofp_worker;
