-- Voided invoices: nothing more is sent of them, and who has been sent one is told.
alter table invoices add column voided_at timestamptz;

-- What a mail says: here is the invoice, or that it was voided.
alter table deliveries
  add column about text not null default 'invoice',
  add constraint deliveries_about_check check (about in ('invoice', 'void'));

alter table inbox_messages
  drop constraint inbox_messages_kind_check,
  add constraint inbox_messages_kind_check check (
    kind in (
      'invoice_issued', 'invoice_rejected', 'document_failed', 'delivery_failed', 'connector_login_needed',
      'connector_down', 'connector_restored', 'invoice_voided', 'invoice_void_refused'
    )
  ) not valid;
alter table inbox_messages validate constraint inbox_messages_kind_check;
