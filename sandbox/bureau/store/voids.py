"""Which invoices are voided, by their whole number."""

from sqlite3 import Connection

LOAD_VOID = "select voided_at from voids where number = ?"
SAVE_VOID = "insert into voids (number, voided_at) values (?, ?)"


def load_void(tx: Connection, number: str) -> str | None:
    """When the invoice was voided."""
    row = tx.execute(LOAD_VOID, (number,)).fetchone()
    return str(row[0]) if row else None


def save_void(tx: Connection, number: str, voided_at: str) -> None:
    tx.execute(SAVE_VOID, (number, voided_at))
