-- What is drawn: the issued invoice as published, kept so that its documents can be drawn again byte for byte.
create table invoices (
  tenant_id uuid not null,
  id uuid not null,
  number text not null,
  reference text not null,
  seller_name text not null,
  issued_at timestamptz not null,
  body bytea not null,
  correlation_id text not null,
  traceparent text not null,
  created_at timestamptz not null,
  constraint invoices_pkey primary key (tenant_id, id)
);

-- One carrier of an invoice. `claimed_until` is the lease of the renderer that works on it; past means free.
-- A ready one is the slice (object_offset, size) of one version of one locked object, which others may share.
create table documents (
  tenant_id uuid not null,
  invoice_id uuid not null,
  format text not null,
  version integer not null,
  state text not null,
  claimed_until timestamptz not null,
  created_at timestamptz not null,
  finished_at timestamptz,
  sha256 text,
  size integer,
  bucket text,
  object_key text,
  object_version_id text,
  object_offset bigint,
  reason text,
  reason_zh text,
  constraint documents_pkey primary key (tenant_id, invoice_id, format, version),
  constraint documents_invoice_fkey foreign key (tenant_id, invoice_id) references invoices (tenant_id, id),
  constraint documents_format_check check (format in ('pdf', 'ofd', 'xml')),
  constraint documents_version_check check (version >= 1),
  constraint documents_state_check check (
    case state
      when 'pending' then num_nonnulls(finished_at, sha256, size, bucket, object_key, object_version_id,
                                       object_offset, reason, reason_zh) = 0
      when 'ready' then num_nulls(finished_at, sha256, size, bucket, object_key, object_version_id,
                                  object_offset) = 0 and num_nonnulls(reason, reason_zh) = 0
      when 'failed' then num_nulls(finished_at, reason, reason_zh) = 0
      else false
    end
  )
);
create index documents_pending_idx on documents (claimed_until) where state = 'pending';

-- Who fetched what and when; a download through a signed link is recorded under the one who asked for the link.
create table downloads (
  tenant_id uuid not null,
  id uuid not null,
  invoice_id uuid not null,
  format text not null,
  version integer not null,
  actor text not null,
  via text not null,
  request_id text not null,
  downloaded_at timestamptz not null,
  constraint downloads_pkey primary key (tenant_id, id),
  constraint downloads_document_fkey foreign key (tenant_id, invoice_id, format, version)
    references documents (tenant_id, invoice_id, format, version),
  constraint downloads_via_check check (via in ('credential', 'link'))
);
create index downloads_document_idx on downloads (tenant_id, invoice_id, format, version);

do $$
declare
  name text;
begin
  foreach name in array array['invoices', 'documents', 'downloads'] loop
    execute format('alter table %I enable row level security, force row level security', name);
    execute format('create policy tenant on %I to ofp_api using (tenant_id = current_tenant())
                    with check (tenant_id = current_tenant())', name);
    execute format('create policy worker on %I to ofp_worker using (true) with check (true)', name);
  end loop;
end $$;

grant select on invoices, documents to ofp_api;
grant select, insert on downloads to ofp_api;
grant select, insert on invoices to ofp_worker;
grant select, insert, update on documents to ofp_worker;
