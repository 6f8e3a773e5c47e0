"""The mailbox's tables."""

from dataclasses import dataclass
from sqlite3 import Connection

ADD_MESSAGE = "insert into messages (channel, sender, received_at, content) values (?, ?, ?, ?)"
ADD_DELIVERY = "insert into deliveries (message_id, recipient) values (?, ?)"


@dataclass(frozen=True)
class NewMessage:
    """What a sender handed over: the raw message and its envelope."""

    channel: str
    sender: str
    recipients: list[str]
    received_at: str  # RFC 3339, UTC
    content: bytes


def add_message(tx: Connection, message: NewMessage) -> None:
    """Keep it once, and a delivery for each recipient."""
    cursor = tx.execute(ADD_MESSAGE, (message.channel, message.sender, message.received_at, message.content))
    tx.executemany(ADD_DELIVERY, [(cursor.lastrowid, recipient) for recipient in message.recipients])


@dataclass(frozen=True)
class Delivery:
    """A message as one recipient got it."""

    id: int
    channel: str
    sender: str
    recipient: str
    received_at: str
    content: bytes


LIST_DELIVERIES = """
    select d.id, m.channel, m.sender, d.recipient, m.received_at, m.content
    from deliveries d join messages m on m.id = d.message_id
    where d.id > :after and (:channel is null or m.channel = :channel)
    order by d.id
    limit :limit
"""
LIST_DELIVERIES_TO = """
    select d.id, m.channel, m.sender, d.recipient, m.received_at, m.content
    from deliveries d join messages m on m.id = d.message_id
    where d.recipient = :to and d.id > :after and (:channel is null or m.channel = :channel)
    order by d.id
    limit :limit
"""


def list_deliveries(
    tx: Connection, *, after: int, to: str | None, channel: str | None, limit: int
) -> list[Delivery]:
    """Oldest first."""
    statement = LIST_DELIVERIES if to is None else LIST_DELIVERIES_TO
    values = {"after": after, "to": to, "channel": channel, "limit": limit}
    return [Delivery(*row) for row in tx.execute(statement, values)]


LOAD_DELIVERY = """
    select d.id, m.channel, m.sender, d.recipient, m.received_at, m.content
    from deliveries d join messages m on m.id = d.message_id
    where d.id = ?
"""


def load_delivery(tx: Connection, delivery_id: int) -> Delivery | None:
    """By id."""
    row = tx.execute(LOAD_DELIVERY, (delivery_id,)).fetchone()
    return Delivery(*row) if row else None


COUNT_DELIVERIES = "select count(*) from deliveries"
CLEAR = ("delete from deliveries", "delete from messages", "delete from first_attempts")


def clear(tx: Connection) -> int:
    """Forget everything; ids are not used again."""
    (count,) = tx.execute(COUNT_DELIVERIES).fetchone()
    for statement in CLEAR:
        tx.execute(statement)
    return int(count)


ADD_ATTEMPT = "insert into first_attempts (subject, recipient) values (?, ?) on conflict do nothing"


def is_first_attempt(tx: Connection, subject: str, recipient: str) -> bool:
    """Whether this pair comes for the first time; from now on it does not."""
    return tx.execute(ADD_ATTEMPT, (subject, recipient)).rowcount == 1
