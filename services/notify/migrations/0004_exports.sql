-- Messages about archives of invoices.
alter table inbox_messages
  drop constraint inbox_messages_kind_check,
  add constraint inbox_messages_kind_check check (
    kind in (
      'invoice_issued', 'invoice_rejected', 'document_failed', 'delivery_failed', 'connector_login_needed',
      'connector_down', 'connector_restored', 'invoice_voided', 'invoice_void_refused', 'export_finished',
      'export_failed', 'export_check_failed'
    )
  ) not valid;
alter table inbox_messages validate constraint inbox_messages_kind_check;
