"""The clock's offset, which survives a restart."""

from sqlite3 import Connection

from sandbox.bureau.clock import Moment, make_moment

LOAD_OFFSET = "select offset_seconds from clock"


def load_moment(tx: Connection) -> Moment:
    """The bureau's present."""
    row = tx.execute(LOAD_OFFSET).fetchone()
    return make_moment(row[0] if row else 0)


SAVE_OFFSET = "insert or replace into clock (id, offset_seconds) values (1, ?)"


def save_offset(tx: Connection, offset_seconds: int) -> None:
    """Move the clock."""
    tx.execute(SAVE_OFFSET, (offset_seconds,))
