"""What each seller may issue in a calendar month, without tax."""

from sqlite3 import Connection

from sandbox.bureau.money import to_fen, to_text
from sandbox.bureau.schemas import QuotaAnswer, QuotaOrder

DEFAULT_TOTAL = to_fen("100000000000.00")

OPEN_MONTH = "insert into quotas (seller, period, total) values (?, ?, ?) on conflict do nothing"
USE_QUOTA = """
    update quotas set used = used + ?3
    where seller = ?1 and period = ?2 and not suspended and used + ?3 <= total
"""
IS_SUSPENDED = "select suspended from quotas where seller = ? and period = ?"


def use_quota(tx: Connection, seller: str, period: str, amount: int) -> str | None:
    """Take `amount` fen of the month, or say why not; a negative amount frees some."""
    tx.execute(OPEN_MONTH, (seller, period, DEFAULT_TOTAL))
    if tx.execute(USE_QUOTA, (seller, period, amount)).rowcount == 1:
        return None
    (is_suspended,) = tx.execute(IS_SUSPENDED, (seller, period)).fetchone()
    return "quota-suspended" if is_suspended else "quota-exceeded"


FREE_QUOTA = "update quotas set used = used - ?3 where seller = ?1 and period = ?2"


def free_quota(tx: Connection, seller: str, period: str, amount: int) -> None:
    """An invoice of the month is voided; a suspended month takes it back, too."""
    tx.execute(FREE_QUOTA, (seller, period, amount))


LOAD_QUOTA = "select total, used, suspended from quotas where seller = ? and period = ?"


def load_quota(tx: Connection, seller: str, period: str) -> QuotaAnswer:
    """The month's figures."""
    row = tx.execute(LOAD_QUOTA, (seller, period)).fetchone()
    total, used, suspended = row or (DEFAULT_TOTAL, 0, 0)
    return QuotaAnswer(
        seller=seller,
        period=period,
        total=to_text(total),
        used=to_text(used),
        available=to_text(max(0, total - used)),
        suspended=bool(suspended),
    )


SET_QUOTA = """
    update quotas set total = coalesce(?, total), suspended = coalesce(?, suspended)
    where seller = ? and period = ?
"""


def set_quota(tx: Connection, order: QuotaOrder, period: str) -> QuotaAnswer:
    """Change the total, or suspend the month."""
    total = None if order.total is None else to_fen(order.total)
    tx.execute(OPEN_MONTH, (order.seller, period, DEFAULT_TOTAL))
    tx.execute(SET_QUOTA, (total, order.suspended, order.seller, period))
    return load_quota(tx, order.seller, period)
