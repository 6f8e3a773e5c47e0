"""Sellers' sequences and the blocks cut from them."""

from sqlite3 import Connection
from typing import Any

from sandbox.bureau.numbers import LAST_SEQUENCE, Channel, make_prefix
from sandbox.bureau.schemas import BlockAnswer
from sandbox.serving.problems import Conflict

ADD_SELLER = "insert into sellers (tax_id) values (?) on conflict do nothing"
LOAD_SELLER = "select ordinal from sellers where tax_id = ?"


def load_ordinal(tx: Connection, seller: str) -> int:
    """The seller's place in the order of arrival, given at first sight."""
    row = tx.execute(LOAD_SELLER, (seller,)).fetchone()
    if row is None:
        tx.execute(ADD_SELLER, (seller,))
        row = tx.execute(LOAD_SELLER, (seller,)).fetchone()
    return int(row[0])


TAKE_SEQUENCE = """
    insert into sequences (seller, year, channel, next)
    values (?, ?, ?, 1 + ?4)
    on conflict (seller, year, channel) do update set next = next + ?4
    returning next - ?4
"""


def take_numbers(tx: Connection, seller: str, year: int, channel: Channel, *, count: int) -> tuple[str, str]:
    """The first and last of the seller's next `count` numbers; raises Conflict when the year has no more."""
    (first,) = tx.execute(TAKE_SEQUENCE, (seller, year, channel, count)).fetchone()
    last = first + count - 1
    if last > LAST_SEQUENCE:
        raise Conflict("the seller's numbers of this year are used up")
    prefix = make_prefix(year, channel, seller, seller_ordinal=load_ordinal(tx, seller))
    return f"{prefix}{first:09d}", f"{prefix}{last:09d}"


LOAD_BLOCK = "select request_id, seller, first, last, count, year from blocks where request_id = ?"


def load_block(tx: Connection, request_id: str) -> BlockAnswer | None:
    """The block an earlier request got."""
    row = tx.execute(LOAD_BLOCK, (request_id,)).fetchone()
    return make_block(row) if row else None


SAVE_BLOCK = "insert into blocks (request_id, seller, first, last, count, year) values (?, ?, ?, ?, ?, ?)"


def save_block(tx: Connection, block: BlockAnswer) -> None:
    """Keep a new block."""
    tx.execute(SAVE_BLOCK, (block.request_id, block.seller, block.first, block.last, block.count, block.year))


FIND_BLOCK = "select last from blocks where seller = ? and first <= ? order by first desc limit 1"


def is_allocated(tx: Connection, seller: str, number: str) -> bool:
    """Whether the number lies in a block of the seller."""
    row = tx.execute(FIND_BLOCK, (seller, number)).fetchone()
    return row is not None and number <= row[0]


LIST_BLOCKS = """
    select id, first, last, year
    from blocks
    where seller = ? and id > ?
    order by id
    limit ?
"""


def list_blocks(tx: Connection, seller: str, *, after: int, limit: int) -> list[tuple[int, dict[str, Any]]]:
    """Blocks in the order of allocation, each with its place."""
    rows = tx.execute(LIST_BLOCKS, (seller, after, limit))
    return [(place, {"first": first, "last": last, "year": year}) for place, first, last, year in rows]


def make_block(row: tuple[str, str, str, str, int, int]) -> BlockAnswer:
    """A row of LOAD_BLOCK."""
    request_id, seller, first, last, count, year = row
    return BlockAnswer(request_id=request_id, seller=seller, first=first, last=last, count=count, year=year)
