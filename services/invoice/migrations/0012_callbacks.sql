-- What somebody who may be the authority has told us unasked. Nothing in it is believed: it says what to ask about. It
-- belongs to no tenant; `id` is a hash of the seller and of the sender's own id, so that a repeat is dropped.
create table authority_callbacks (
  id bytea not null,
  about text not null,
  seller text not null,
  serial text not null,
  received_at timestamptz not null,
  heeded_at timestamptz,
  constraint authority_callbacks_pkey primary key (id),
  constraint authority_callbacks_about_check check (about in ('invoice', 'red_form'))
);
create index authority_callbacks_open_idx on authority_callbacks (received_at) where heeded_at is null;
create index authority_callbacks_heeded_idx on authority_callbacks (heeded_at) where heeded_at is not null;
create index taxpayers_tax_id_idx on taxpayers (tax_id);
grant insert on authority_callbacks to ofp_api;
grant select, update, delete on authority_callbacks to ofp_worker;

-- The bureau's list of a taxpayer's red-letter forms is read the more seldom, the longer nothing has happened.
alter table connectors
  add column forms_active_at timestamptz not null default now(),
  add column forms_due_at timestamptz not null default now();
create index connectors_forms_due_idx on connectors (forms_due_at);
