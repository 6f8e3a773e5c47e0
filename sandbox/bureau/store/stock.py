"""Stock of the kinds that carry a code: 8-digit numbers, given out under one code to one seller after the other."""

from sqlite3 import Connection
from typing import Any

from sandbox.bureau.numbers import LAST_OF_CODE
from sandbox.bureau.schemas import StockAnswer
from sandbox.serving.problems import Conflict

TAKE_OF_CODE = """
    insert into codes (code, next)
    values (?1, 1 + ?2)
    on conflict (code) do update set next = next + ?2
    returning next - ?2
"""


def take_of_code(tx: Connection, code: str, *, count: int) -> tuple[int, int]:
    """The first and last of the code's next `count` numbers; raises Conflict when it has no more."""
    (first,) = tx.execute(TAKE_OF_CODE, (code, count)).fetchone()
    last = first + count - 1
    if last > LAST_OF_CODE:
        raise Conflict("the numbers of this code are used up")
    return first, last


LOAD_STOCK = "select request_id, seller, kind, code, first, last from stocks where request_id = ?"


def load_stock(tx: Connection, request_id: str) -> StockAnswer | None:
    """What an earlier request got."""
    row = tx.execute(LOAD_STOCK, (request_id,)).fetchone()
    return make_stock(row) if row else None


SAVE_STOCK = "insert into stocks (request_id, seller, kind, code, first, last) values (?, ?, ?, ?, ?, ?)"


def save_stock(tx: Connection, stock: StockAnswer) -> None:
    """Keep a new block."""
    row = (stock.request_id, stock.seller, stock.kind, stock.code, stock.first, stock.last)
    tx.execute(SAVE_STOCK, row)


FIND_STOCK = """
    select 1 from stocks where seller = ? and kind = ? and code = ? and first <= ?4 and last >= ?4
"""


def is_in_stock(tx: Connection, seller: str, kind: str, code: str, number: str) -> bool:
    """Whether the seller was given the number, for invoices of this kind."""
    return tx.execute(FIND_STOCK, (seller, kind, code, number)).fetchone() is not None


LIST_STOCK = """
    select id, request_id, seller, kind, code, first, last
    from stocks
    where seller = ? and id > ?
    order by id
    limit ?
"""


def list_stock(tx: Connection, seller: str, *, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Blocks in the order of allocation, each with its place."""
    rows = [(row[0], make_stock(row[1:])) for row in tx.execute(LIST_STOCK, (seller, after, limit))]
    return [
        (place, {"kind": stock.kind, "code": stock.code, "first": stock.first, "last": stock.last})
        for place, stock in rows
    ]


def make_stock(row: tuple[str, str, str, str, str, str]) -> StockAnswer:
    """A row of LOAD_STOCK."""
    request_id, seller, kind, code, first, last = row
    count = int(last) - int(first) + 1
    return StockAnswer(
        request_id=request_id, seller=seller, kind=kind, code=code, first=first, last=last, count=count
    )
