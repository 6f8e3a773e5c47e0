"""Which bad days are ordered, and how often each has struck."""

from collections.abc import Container
from sqlite3 import Connection

from sandbox.bureau.faults import MagicFault, Mode
from sandbox.bureau.schemas import FaultOrder

EVERY_SELLER = ""

ORDER_FAULT = """
    insert into faults (mode, seller, remaining) values (?, ?, ?)
    on conflict (mode, seller) do update set remaining = excluded.remaining
"""
END_FAULT = "delete from faults where mode = ?1 and (seller = ?2 or ?2 = '')"


def order_fault(tx: Connection, order: FaultOrder) -> None:
    """Begin a mode, or end it; without a seller it ends for all."""
    seller = order.seller or EVERY_SELLER
    if order.count == 0:
        tx.execute(END_FAULT, (order.mode, seller))
    else:
        tx.execute(ORDER_FAULT, (order.mode, seller, order.count))


ACTIVE_FAULTS = "select id, mode from faults where seller in ('', ?) and remaining > 0 order by id"
STRIKE = "update faults set remaining = remaining - 1 where id = ?"


def find_fault(tx: Connection, seller: str, modes: Container[Mode]) -> tuple[int, Mode] | None:
    """The oldest ordered fault of these modes that concerns the seller."""
    for fault_id, mode in tx.execute(ACTIVE_FAULTS, (seller,)):
        if mode in modes:
            return fault_id, Mode(mode)
    return None


def take_fault(tx: Connection, seller: str, modes: Container[Mode]) -> Mode | None:
    """The same, and count the strike."""
    fault = find_fault(tx, seller, modes)
    if fault is None:
        return None
    tx.execute(STRIKE, (fault[0],))
    return fault[1]


LIST_FAULTS = "select mode, seller, remaining from faults where remaining > 0 order by id"


def list_faults(tx: Connection) -> list[dict[str, object]]:
    """What is still to come."""
    rows = tx.execute(LIST_FAULTS)
    return [{"mode": mode, "seller": seller or None, "count": count} for mode, seller, count in rows]


COUNT_STRIKE = """
    insert into strikes (seller, subject, mode, count) values (?, ?, ?, 1)
    on conflict (seller, subject, mode) do update set count = count + 1
    returning count
"""


def strike(tx: Connection, seller: str, subject: str, fault: MagicFault) -> bool:
    """Count a submission of the invoice; whether the fault still strikes it."""
    (count,) = tx.execute(COUNT_STRIKE, (seller, subject, fault.mode)).fetchone()
    return bool(count <= fault.strikes)
