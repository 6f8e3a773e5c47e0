"""The invoices the bureau holds: one item for each (seller, serial), whatever was submitted how often."""

from dataclasses import dataclass, replace
from sqlite3 import Connection
from typing import Any, Literal

import msgspec

from sandbox.bureau.clock import Moment
from sandbox.bureau.money import to_fen, to_text
from sandbox.bureau.numbers import split_number
from sandbox.bureau.rejections import REJECTIONS, Rejection
from sandbox.bureau.schemas import InvoiceAnswer, Submission

State = Literal["pending", "issued", "rejected", "voided"]


@dataclass(frozen=True)
class Item:
    """One invoice as judged. `number` and `issued_at` are shown once `ready_at_millis` has passed."""

    seller: str
    serial: str
    rejection: Rejection | None
    number: str | None
    issued_at: str | None
    ready_at_millis: int
    submissions: int
    is_voided: bool = False

    @property
    def is_settled(self) -> bool:
        """Whether a further submission of the serial changes nothing."""
        return self.rejection is None or not self.rejection.retryable

    def state(self, moment: Moment) -> State:
        """A rejection is known at once, a number after the bureau's delay."""
        if self.rejection is not None:
            return "rejected"
        if self.is_voided:
            return "voided"
        return "pending" if moment.machine_millis < self.ready_at_millis else "issued"

    def answer(self, moment: Moment, *, status: str | None = None) -> InvoiceAnswer:
        """What the caller is told; without a status, the state."""
        state = self.state(moment)
        code, number = split_number(self.number) if self.number and state != "pending" else (None, None)
        return InvoiceAnswer(
            seller=self.seller,
            serial=self.serial,
            status=status or state,
            state=state,
            code=code,
            number=number,
            issued_at=self.issued_at if state in {"issued", "voided"} else None,
            submissions=self.submissions,
            error=self.rejection,
        )


LOAD_BY_SERIAL = """
    select seller, serial, rejection, number, issued_at, ready_at_millis, submissions,
           number in (select number from voids)
    from invoices
    where seller = ? and serial = ?
"""


def load_item(tx: Connection, seller: str, serial: str) -> Item | None:
    """By identity."""
    row = tx.execute(LOAD_BY_SERIAL, (seller, serial)).fetchone()
    return make_item(row) if row else None


LOAD_BY_NUMBER = """
    select seller, serial, rejection, number, issued_at, ready_at_millis, submissions,
           number in (select number from voids)
    from invoices
    where number = ? and verdict = 'issued'
"""


def load_issued(tx: Connection, number: str) -> Item | None:
    """The one invoice that carries the number."""
    row = tx.execute(LOAD_BY_NUMBER, (number,)).fetchone()
    return make_item(row) if row else None


FIND_BY_NUMBER = """
    select seller, serial, rejection, number, issued_at, ready_at_millis, submissions,
           number in (select number from voids)
    from invoices
    where number = ?
    order by verdict, id desc
    limit 1
"""


def find_by_number(tx: Connection, number: str) -> Item | None:
    """The invoice that carries the number, else the last one that was refused with it."""
    row = tx.execute(FIND_BY_NUMBER, (number,)).fetchone()
    return make_item(row) if row else None


COUNT_SUBMISSION = "update invoices set submissions = submissions + 1 where seller = ? and serial = ?"


def count_submission(tx: Connection, item: Item) -> Item:
    """The serial came again and changes nothing else."""
    tx.execute(COUNT_SUBMISSION, (item.seller, item.serial))
    return replace(item, submissions=item.submissions + 1)


SAVE_ITEM = """
    insert into invoices (seller, serial, verdict, rejection, number, issued_at, ready_at_millis,
                          amount, tax, amount_with_tax, submissions, content)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (seller, serial) do update set
      verdict = excluded.verdict, rejection = excluded.rejection, number = excluded.number,
      issued_at = excluded.issued_at, ready_at_millis = excluded.ready_at_millis, amount = excluded.amount,
      tax = excluded.tax, amount_with_tax = excluded.amount_with_tax, submissions = excluded.submissions,
      content = excluded.content
"""


def save_item(tx: Connection, item: Item, invoice: Submission) -> None:
    """A first verdict, or a new one on a serial that was refused before."""
    tx.execute(
        SAVE_ITEM,
        (
            item.seller,
            item.serial,
            "rejected" if item.rejection else "issued",
            item.rejection.code if item.rejection else None,
            item.number,
            item.issued_at,
            item.ready_at_millis,
            to_fen(invoice.totals.amount),
            to_fen(invoice.totals.tax),
            to_fen(invoice.totals.amount_with_tax),
            item.submissions,
            msgspec.json.encode(invoice),
        ),
    )


LIST_ITEMS = """
    select id, amount, tax, amount_with_tax, json_extract(cast(content as text), '$.kind'),
           seller, serial, rejection, number, issued_at, ready_at_millis, submissions,
           number in (select number from voids)
    from invoices
    where seller = ? and id > ?
    order by id
    limit ?
"""


def list_items(
    tx: Connection, seller: str, moment: Moment, *, after: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    """Invoices in the order of their first submission, each with its place."""
    rows = tx.execute(LIST_ITEMS, (seller, after, limit))
    return [(row[0], make_entry(row, make_item(row[5:]).answer(moment))) for row in rows]


def make_entry(row: tuple[int, int, int, int, str], answer: InvoiceAnswer) -> dict[str, Any]:
    """An entry of the control list."""
    _, amount, tax, amount_with_tax, kind = row[:5]
    return {
        "serial": answer.serial,
        "kind": kind,
        "code": answer.code,
        "number": answer.number,
        "status": answer.state,
        "amount": to_text(amount),
        "tax": to_text(tax),
        "amount_with_tax": to_text(amount_with_tax),
        "submissions": answer.submissions,
    }


def make_item(row: tuple[str, str, str | None, str | None, str | None, int, int, int | None]) -> Item:
    """A row of LOAD_BY_SERIAL."""
    seller, serial, rejection, number, issued_at, ready_at_millis, submissions, is_voided = row
    return Item(
        seller=seller,
        serial=serial,
        rejection=REJECTIONS[rejection] if rejection else None,
        number=number,
        issued_at=issued_at,
        ready_at_millis=ready_at_millis,
        submissions=submissions,
        is_voided=bool(is_voided),
    )
