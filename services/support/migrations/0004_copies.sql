-- That an agent has a copy of the invoice's documents sent is a step of the ticket.
alter table ticket_changes
  drop constraint ticket_changes_change_check,
  add constraint ticket_changes_change_check check (
    change in ('opened', 'replied', 'noted', 'assigned', 'closed', 'reopened', 'copy_requested')
  ) not valid;
alter table ticket_changes validate constraint ticket_changes_change_check;
