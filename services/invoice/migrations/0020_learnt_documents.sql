-- What invoice_documents and document_places have learnt, for archived_documents; 0019 saw none of it, for the owner is
-- bound by row-level security. Here it is bound no more meanwhile. Newer news stay as they are.
set local statement_timeout = '30min';
alter table invoice_documents no force row level security;
alter table document_places no force row level security;
alter table archived_documents no force row level security;

insert into archived_documents as a (tenant_id, invoice_id, documents, places)
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
group by d.tenant_id, d.invoice_id
on conflict (tenant_id, invoice_id) do update
set documents = excluded.documents || a.documents, places = excluded.places || a.places;

alter table invoice_documents force row level security;
alter table document_places force row level security;
alter table archived_documents force row level security;
