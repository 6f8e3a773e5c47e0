-- Every format of an invoice's documents, by format, where there was the PDF alone; nobody reads the columns of the PDF any
-- more, and the next release drops them.
alter table invoices add column documents jsonb not null default '{}';
update invoices
set documents = jsonb_build_object('pdf', jsonb_build_object(
  'format', 'pdf', 'version', pdf_version, 'sha256', pdf_sha256, 'bucket', pdf_bucket, 'key', pdf_key,
  'version_id', pdf_version_id, 'offset', pdf_offset, 'length', pdf_length
))
where pdf_version is not null;

-- Which formats are to be sent (null: PDF, OFD and XML, as far as they fit into a mail), and which were.
alter table deliveries
  add column formats text[],
  add column attached text[];
update deliveries set attached = '{pdf}' where state = 'sent' and about = 'invoice';

-- That support sends a copy.
alter table inbox_messages
  drop constraint inbox_messages_kind_check,
  add constraint inbox_messages_kind_check check (
    kind in (
      'invoice_issued', 'invoice_rejected', 'document_failed', 'delivery_failed', 'connector_login_needed',
      'connector_down', 'connector_restored', 'invoice_voided', 'invoice_void_refused', 'export_finished',
      'export_failed', 'export_check_failed', 'copy_requested'
    )
  ) not valid;
alter table inbox_messages validate constraint inbox_messages_kind_check;
