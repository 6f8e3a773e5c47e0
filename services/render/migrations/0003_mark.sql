-- What a later version says across the page that the first does not: a voided invoice is marked on its copies.
alter table documents
  add column mark text,
  add constraint documents_mark_check check (mark in ('voided'));
