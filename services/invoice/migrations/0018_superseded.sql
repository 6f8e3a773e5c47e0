-- A red invoice that was issued while the authority issued one itself is rejected with a number, which is wasted.
alter table invoices drop constraint invoices_number_check;
alter table invoices add constraint invoices_number_check check (
  case status
    when 'rejected' then number is null or blue_id is not null
    else (status in ('issued', 'voided')) = (number is not null)
  end
);
