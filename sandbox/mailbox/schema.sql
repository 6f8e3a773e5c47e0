-- Messages as they came, and one row for each recipient.
create table if not exists messages (
  id          integer primary key,
  channel     text not null,
  sender      text not null,
  received_at text not null,
  content     blob not null
);

create table if not exists deliveries (
  id         integer primary key autoincrement,
  message_id integer not null references messages (id),
  recipient  text not null collate nocase
);
create index if not exists deliveries_by_recipient on deliveries (recipient, id);

-- What has been sent away or left unanswered once: by its sender (greylist) or its Message-ID (vanish).
create table if not exists first_attempts (
  subject   text not null,
  recipient text not null,
  primary key (subject, recipient)
) without rowid;
