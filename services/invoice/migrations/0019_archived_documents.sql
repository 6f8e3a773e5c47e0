-- Documents as render announced them, all formats of an invoice in one row, so that its one event costs one write and
-- lists read one row. By format: `documents` says state, version, sha256, size or reason, `places` where the bytes lie.
-- `seal` is the platform's newest signature over them.
create table archived_documents (
  tenant_id uuid not null,
  invoice_id uuid not null,
  documents jsonb not null,
  places jsonb not null default '{}',
  seal jsonb,
  constraint archived_documents_pkey primary key (tenant_id, invoice_id)
);

alter table archived_documents enable row level security, force row level security;
create policy tenant on archived_documents to ofp_api using (tenant_id = current_tenant())
  with check (tenant_id = current_tenant());
create policy worker on archived_documents to ofp_worker using (true) with check (true);
grant select on archived_documents to ofp_api;
grant select, insert, update, delete on archived_documents to ofp_worker;

-- What invoice_documents and document_places have learnt; nobody reads these any more, and the next release drops them.
insert into archived_documents (tenant_id, invoice_id, documents, places)
select d.tenant_id, d.invoice_id,
  jsonb_object_agg(
    d.format,
    case when p.version is not null
      then jsonb_build_object('state', 'ready', 'version', p.version, 'sha256', p.sha256, 'size', p.size)
      else jsonb_strip_nulls(jsonb_build_object(
        'state', d.state, 'version', d.version, 'sha256', d.sha256, 'size', d.size, 'reason', d.reason
      ))
    end
  ),
  coalesce(
    jsonb_object_agg(
      d.format,
      jsonb_build_object(
        'bucket', p.bucket, 'key', p.key, 'version_id', p.version_id, 'first_byte', p.first_byte
      )
    ) filter (where p.version is not null),
    '{}'
  )
from invoice_documents d
left join document_places p on p.tenant_id = d.tenant_id and p.invoice_id = d.invoice_id and p.format = d.format
group by d.tenant_id, d.invoice_id;
