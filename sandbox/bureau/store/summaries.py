"""What the bureau holds, added up."""

from datetime import date
from sqlite3 import Connection

import msgspec

from sandbox.bureau.clock import Moment
from sandbox.bureau.money import to_text


class DaySummary(msgspec.Struct, frozen=True, kw_only=True):
    """The invoices of a day that stand, with their sums without and of tax, and how many are voided."""

    seller: str
    day: date
    invoices: int
    amount: str
    tax: str
    voided: int


ADD_UP_DAY = """
    select count(*) filter (where not is_voided), coalesce(sum(amount) filter (where not is_voided), 0),
           coalesce(sum(tax) filter (where not is_voided), 0), count(*) filter (where is_voided)
    from (
      select amount, tax, number in (select number from voids) as is_voided
      from invoices
      where seller = ? and verdict = 'issued' and ready_at_millis <= ?
        and coalesce(json_extract(cast(content as text), '$.issue_date'), date(issued_at, '+8 hours')) = ?
    )
"""


def add_up_day(tx: Connection, seller: str, day: date, moment: Moment) -> DaySummary:
    """The invoices of a seller that are dated on a day in China."""
    row = tx.execute(ADD_UP_DAY, (seller, moment.machine_millis, day.isoformat())).fetchone()
    invoices, amount, tax, voided = row
    return DaySummary(
        seller=seller, day=day, invoices=invoices, amount=to_text(amount), tax=to_text(tax), voided=voided
    )
