-- What the bureau holds. Amounts are whole fen; times of waiting are machine milliseconds.
create table if not exists sellers (
  ordinal integer primary key,
  tax_id  text not null unique
);

create table if not exists sequences (
  seller   text not null,
  year     integer not null,
  channel  text not null,
  next     integer not null,
  primary key (seller, year, channel)
) without rowid;

create table if not exists blocks (
  id         integer primary key,
  request_id text not null unique,
  seller     text not null,
  year       integer not null,
  first      text not null,
  last       text not null,
  count      integer not null
);
create unique index if not exists blocks_by_first on blocks (seller, first);

-- Stock of 8-digit numbers under codes; a code's numbers go to one seller after the other.
create table if not exists codes (
  code text primary key,
  next integer not null
) without rowid;

create table if not exists stocks (
  id         integer primary key,
  request_id text not null unique,
  seller     text not null,
  kind       text not null,
  code       text not null,
  first      text not null,
  last       text not null
);
create unique index if not exists stocks_by_first on stocks (code, first);
create index if not exists stocks_by_seller on stocks (seller, id);

-- `number` is the code and the number, where there is a code.
create table if not exists invoices (
  id              integer primary key,
  seller          text not null,
  serial          text not null,
  verdict         text not null check (verdict in ('issued', 'rejected')),
  rejection       text,
  number          text,
  issued_at       text,
  ready_at_millis integer not null,
  amount          integer not null,
  tax             integer not null,
  amount_with_tax integer not null,
  submissions     integer not null,
  content         blob not null,
  constraint invoice_identity unique (seller, serial)
);
create unique index if not exists invoices_issued_number on invoices (number) where verdict = 'issued';
create index if not exists invoices_by_number on invoices (number);
create index if not exists invoices_by_seller on invoices (seller, id);
-- Dated as the invoice says, else by the moment of issue in China.
create index if not exists invoices_by_day on invoices (
  seller, coalesce(json_extract(cast(content as text), '$.issue_date'), date(issued_at, '+8 hours'))
) where verdict = 'issued';

create table if not exists quotas (
  seller    text not null,
  period    text not null,
  total     integer not null,
  used      integer not null default 0,
  suspended integer not null default 0,
  primary key (seller, period)
) without rowid;

create table if not exists faults (
  id        integer primary key,
  mode      text not null,
  seller    text not null,
  remaining integer not null,
  unique (mode, seller)
);

-- How often a magic word has struck an invoice, known by its number or else its serial.
create table if not exists strikes (
  seller  text not null,
  subject text not null,
  mode    text not null,
  count   integer not null,
  primary key (seller, subject, mode)
) without rowid;

create table if not exists clock (
  id             integer primary key check (id = 1),
  offset_seconds integer not null
);

-- Red-letter forms; amounts are whole fen and negative.
create table if not exists red_forms (
  id                  integer primary key,
  seller              text not null,
  serial              text not null,
  uuid                text not null unique,
  confirmation_number text not null unique,
  blue_number         text not null,
  initiator           text not null check (initiator in ('seller', 'buyer')),
  state               text not null,
  reason              text not null,
  amount              integer not null,
  tax                 integer not null,
  applied_at          text not null,
  red_number          text,
  red_issued_at       text,
  lines               blob not null,
  unique (seller, serial)
);
create index if not exists red_forms_by_blue on red_forms (blue_number);

-- Invoices on paper that were voided, by code and number.
create table if not exists voids (
  number    text primary key,
  voided_at text not null
) without rowid;

-- What the buyer has done with an invoice.
create table if not exists usages (
  number text primary key,
  usage  text not null
) without rowid;
