-- The event feed, the inbox and e-mail deliveries.

-- The last positions given out. The row lock makes positions gapless and commit in order, and lets the events of one
-- tenant be applied by one transaction at a time.
create table streams (
  tenant_id uuid not null,
  feed_position bigint not null default 0,
  inbox_position bigint not null default 0,
  constraint streams_pkey primary key (tenant_id)
);

-- Every event that concerns a tenant, once; `payload` is the JSON as published.
create table feed_events (
  tenant_id uuid not null,
  position bigint not null,
  id uuid not null,
  source text not null,
  type text not null,
  subject uuid not null,
  sequence bigint not null,
  time timestamptz not null,
  correlation_id text not null,
  traceparent text not null,
  payload bytea not null,
  constraint feed_events_pkey primary key (tenant_id, position)
);
-- Compressing and splitting payloads of a few kilobytes would cost more than it saves.
alter table feed_events alter column payload set storage external;
alter table feed_events set (toast_tuple_target = 8160);

-- One message for all users of a tenant; `id` is that of the event it tells of.
create table inbox_messages (
  tenant_id uuid not null,
  position bigint not null,
  id uuid not null,
  kind text not null,
  invoice_id uuid not null,
  number text,
  reference text not null,
  title text not null,
  title_zh text not null,
  text text not null,
  text_zh text not null,
  created_at timestamptz not null,
  constraint inbox_messages_pkey primary key (tenant_id, position),
  constraint inbox_messages_id_key unique (tenant_id, id),
  constraint inbox_messages_kind_check check (
    kind in ('invoice_issued', 'invoice_rejected', 'document_failed', 'delivery_failed')
  )
);

-- Up to which position a reader (a user or an API key) has read everything, and what he has read beyond it.
create table inbox_readers (
  tenant_id uuid not null,
  reader_id uuid not null,
  read_up_to bigint not null,
  constraint inbox_readers_pkey primary key (tenant_id, reader_id)
);
create table inbox_reads (
  tenant_id uuid not null,
  reader_id uuid not null,
  position bigint not null,
  constraint inbox_reads_pkey primary key (tenant_id, reader_id, position)
);

-- What events told of an invoice: its facts (from invoice) and its PDF (from render), whichever came first.
create table invoices (
  tenant_id uuid not null,
  id uuid not null,
  number text,
  reference text,
  seller_name text,
  buyer_name text,
  amount_with_tax numeric,
  issued_at timestamptz,
  email text,
  pdf_version integer,
  pdf_sha256 text,
  pdf_bucket text,
  pdf_key text,
  pdf_version_id text,
  pdf_offset bigint,
  pdf_length bigint,
  constraint invoices_pkey primary key (tenant_id, id),
  constraint invoices_facts_check check (
    num_nulls(number, reference, seller_name, buyer_name, amount_with_tax, issued_at) in (0, 6)
  ),
  constraint invoices_amount_check check (scale(amount_with_tax) = 2),
  constraint invoices_pdf_check check (
    num_nulls(pdf_version, pdf_sha256, pdf_bucket, pdf_key, pdf_version_id, pdf_offset, pdf_length) in (0, 7)
  )
);

-- One message to one contact by one channel: waiting (for the PDF), pending (to be sent at next_attempt_at), sent, failed.
create table deliveries (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  channel text not null,
  recipient text not null,
  state text not null,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null,
  last_error text,
  message_id text,
  requested_by text not null,
  correlation_id text not null,
  traceparent text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  sent_at timestamptz,
  constraint deliveries_pkey primary key (tenant_id, id),
  constraint deliveries_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
  constraint deliveries_channel_check check (channel in ('email')),
  constraint deliveries_state_check check (state in ('waiting', 'pending', 'sent', 'failed')),
  constraint deliveries_sent_check check ((state = 'sent') = (sent_at is not null))
);
create index deliveries_invoice_idx on deliveries (tenant_id, invoice_id);
create index deliveries_state_idx on deliveries (tenant_id, state, id);
create index deliveries_due_idx on deliveries (next_attempt_at) where state = 'pending';

do $$
declare
  name text;
begin
  foreach name in array array['streams', 'feed_events', 'inbox_messages', 'inbox_readers', 'inbox_reads', 'invoices',
                              'deliveries'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select on streams, feed_events, inbox_messages, inbox_readers, inbox_reads, invoices, deliveries to ofp_api;
grant insert, update on inbox_readers to ofp_api;
grant insert, delete on inbox_reads to ofp_api;
grant insert on deliveries to ofp_api;
-- Only so that the api may lock the row while it adds a delivery.
grant update (id) on invoices to ofp_api;

grant select, insert, update on streams, invoices, deliveries to ofp_worker;
grant insert on feed_events, inbox_messages to ofp_worker;
