"""What can be asked without changing anything."""

from sqlite3 import Connection

from sandbox.bureau.clock import Moment
from sandbox.bureau.schemas import InvoiceAnswer, InvoiceQuery, ListQuery, QuotaAnswer, QuotaQuery
from sandbox.bureau.store.blocks import list_blocks
from sandbox.bureau.store.invoices import find_by_number, list_items, load_item
from sandbox.bureau.store.quotas import load_quota
from sandbox.bureau.store.stock import list_stock
from sandbox.serving.paging import Page, make_page


def find_invoice(tx: Connection, query: InvoiceQuery, moment: Moment) -> InvoiceAnswer:
    """The invoice's present state, or `not_found`."""
    if query.number is not None:
        item = find_by_number(tx, query.number)
    else:
        item = load_item(tx, query.seller or "", query.serial or "")
    if item is None or (query.seller and query.seller != item.seller):
        return InvoiceAnswer(
            seller=query.seller,
            serial=query.serial,
            number=query.number,
            status="not_found",
            state="not_found",
        )
    return item.answer(moment)


def get_quota(tx: Connection, query: QuotaQuery, moment: Moment) -> QuotaAnswer:
    """The seller's month."""
    return load_quota(tx, query.seller, query.period or moment.period)


def get_invoice_page(tx: Connection, query: ListQuery, moment: Moment) -> Page:
    """What the bureau holds of a seller, for reconciliation."""
    entries = list_items(tx, query.seller, moment, after=int(query.cursor), limit=query.limit + 1)
    return make_page(entries, query.limit)


def get_block_page(tx: Connection, query: ListQuery) -> Page:
    """The blocks a seller was given."""
    entries = list_blocks(tx, query.seller, after=int(query.cursor), limit=query.limit + 1)
    return make_page(entries, query.limit)


def get_stock_page(tx: Connection, query: ListQuery) -> Page:
    """The stock under codes that a seller was given."""
    entries = list_stock(tx, query.seller, after=int(query.cursor), limit=query.limit + 1)
    return make_page(entries, query.limit)
