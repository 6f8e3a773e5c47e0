"""Red-letter forms as the bureau keeps them, and what buyers have done with invoices."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import Any

import msgspec

from sandbox.bureau.clock import Moment, to_rfc3339
from sandbox.bureau.money import to_text

WAITING = {"02", "03"}
LIVE = {"01", "02", "03", "04"}
CONFIRMATION_PERIOD = timedelta(hours=72)


@dataclass(frozen=True)
class Form:
    """Amounts in fen, negative. `state` as it was last written: `at` tells whether its time has run out since."""

    seller: str
    serial: str
    uuid: str
    confirmation_number: str
    blue_number: str
    initiator: str
    state: str
    reason: str
    amount: int
    tax: int
    applied_at: str
    red_number: str | None
    red_issued_at: str | None
    lines: list[dict[str, Any]]

    @property
    def with_tax(self) -> int:
        return self.amount + self.tax

    def at(self, moment: Moment) -> "Form":
        """After 72 hours without the other side's word a form is void."""
        is_over = datetime.fromisoformat(self.applied_at) + CONFIRMATION_PERIOD <= moment.now
        return replace(self, state="07") if is_over and self.state in WAITING else self

    def answer(self, moment: Moment) -> dict[str, Any]:
        form = self.at(moment)
        return {
            "status": "registered",
            "seller": form.seller,
            "serial": form.serial,
            "uuid": form.uuid,
            "confirmation_number": form.confirmation_number,
            "number": form.blue_number,
            "initiator": form.initiator,
            "state": form.state,
            "reason": form.reason,
            "amount": to_text(form.amount),
            "tax": to_text(form.tax),
            "applied_at": form.applied_at,
            "red_number": form.red_number,
            "issued_at": form.red_issued_at,
            "lines": form.lines,
        }


LOAD_BY_SERIAL = """
    select seller, serial, uuid, confirmation_number, blue_number, initiator, state, reason, amount, tax, applied_at,
           red_number, red_issued_at, lines
    from red_forms
    where seller = ? and serial = ?
"""
LOAD_BY_CONFIRMATION = """
    select seller, serial, uuid, confirmation_number, blue_number, initiator, state, reason, amount, tax, applied_at,
           red_number, red_issued_at, lines
    from red_forms
    where seller = ? and confirmation_number = ?
"""
LIST_BY_BLUE = """
    select seller, serial, uuid, confirmation_number, blue_number, initiator, state, reason, amount, tax, applied_at,
           red_number, red_issued_at, lines
    from red_forms
    where blue_number = ?
    order by id
"""
LIST_BY_SELLER = """
    select id, seller, serial, uuid, confirmation_number, blue_number, initiator, state, reason, amount, tax,
           applied_at, red_number, red_issued_at, lines
    from red_forms
    where seller = ? and id > ?
    order by id
    limit ?
"""
SAVE_FORM = """
    insert into red_forms (seller, serial, uuid, confirmation_number, blue_number, initiator, state, reason, amount,
                           tax, applied_at, red_number, red_issued_at, lines)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (seller, serial) do update set
      state = excluded.state, red_number = excluded.red_number, red_issued_at = excluded.red_issued_at
"""
COUNT_FORMS = "select count(*) from red_forms"
LOAD_USAGE = "select usage from usages where number = ?"
SAVE_USAGE = "insert or replace into usages (number, usage) values (?, ?)"
LOAD_CONTENT = "select seller, content from invoices where number = ? and verdict = 'issued'"


def load_form(tx: Connection, seller: str, serial: str) -> Form | None:
    """By the seller's serial, or what the bureau gave a buyer's form."""
    row = tx.execute(LOAD_BY_SERIAL, (seller, serial)).fetchone()
    return make_form(row) if row else None


def load_confirmed(tx: Connection, seller: str, confirmation_number: str) -> Form | None:
    """By the number that a red invoice names."""
    row = tx.execute(LOAD_BY_CONFIRMATION, (seller, confirmation_number)).fetchone()
    return make_form(row) if row else None


def list_of_blue(tx: Connection, number: str) -> list[Form]:
    """All forms of one blue invoice, oldest first."""
    return [make_form(row) for row in tx.execute(LIST_BY_BLUE, (number,))]


def list_of_seller(
    tx: Connection, seller: str, moment: Moment, *, after: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """With their places."""
    rows = tx.execute(LIST_BY_SELLER, (seller, after, limit))
    return [(row[0], make_form(row[1:]).answer(moment)) for row in rows]


def next_confirmation_number(tx: Connection, moment: Moment) -> str:
    """18 digits: the day and a running number."""
    (count,) = tx.execute(COUNT_FORMS).fetchone()
    return f"{moment.now:%Y%m%d}{count + 1:010d}"


def save_form(tx: Connection, form: Form) -> Form:
    """New, or in another state."""
    values = (
        form.seller,
        form.serial,
        form.uuid,
        form.confirmation_number,
        form.blue_number,
        form.initiator,
        form.state,
        form.reason,
        form.amount,
        form.tax,
        form.applied_at,
        form.red_number,
        form.red_issued_at,
        msgspec.json.encode(form.lines),
    )
    tx.execute(SAVE_FORM, values)
    return form


def mark_issued(tx: Connection, form: Form, number: str, issued_at: datetime) -> Form:
    """Its red invoice exists."""
    return save_form(tx, replace(form, red_number=number, red_issued_at=to_rfc3339(issued_at)))


def load_usage(tx: Connection, number: str) -> str:
    """`none`, `deducted` or `booked`."""
    row = tx.execute(LOAD_USAGE, (number,)).fetchone()
    return str(row[0]) if row else "none"


def save_usage(tx: Connection, number: str, usage: str) -> None:
    tx.execute(SAVE_USAGE, (number, usage))


def load_content(tx: Connection, number: str) -> tuple[str, dict[str, Any]] | None:
    """The seller and the invoice that carries the number."""
    row = tx.execute(LOAD_CONTENT, (number,)).fetchone()
    return (row[0], msgspec.json.decode(row[1])) if row else None


def make_form(row: tuple[Any, ...]) -> Form:
    """A row of LOAD_BY_SERIAL."""
    fields: dict[str, Any] = dict(zip(Form.__dataclass_fields__, row, strict=True))
    return Form(**fields | {"lines": msgspec.json.decode(row[-1])})
