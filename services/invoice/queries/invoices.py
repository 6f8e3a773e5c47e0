"""The list of invoices, from the views: filters, six sort orders, keyset pages."""

from datetime import datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, decode_cursor, forged_cursor
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.documents import Document, list_documents
from services.invoice.queries.freshness import load_as_of
from services.invoice.queries.invoice_filters import InvoiceFilters, read_terms, read_values
from services.invoice.queries.invoice_search import Search
from services.invoice.queries.invoice_statements import Sort, ids_statement

# Plans are made for the values that are really given.
PLAN_AFRESH = "set local plan_cache_mode = force_custom_plan"

# As long as nothing has been announced.
_AWAITED = (Document("pdf", "pending", None, None, 1),)
_CURSORS: dict[str, type[Any]] = {
    "issued_at": tuple[Sort, datetime, UUID],
    "amount": tuple[Sort, int, UUID],
    "number": tuple[Sort, str, UUID],
}


class InvoiceItem(Struct, frozen=True, kw_only=True):
    """One invoice of a list; names as in the whole invoice."""

    id: UUID
    kind: str
    code: str | None
    number: str | None
    reference: str | None
    status: str
    reversal: str
    authority: dict[str, str]
    issue_date: Any
    issued_at: str | None
    seller: dict[str, str]
    buyer: dict[str, str]
    totals: dict[str, Decimal]
    tags: list[str]
    documents: tuple[Document, ...]
    red: msgspec.Raw | None = None
    status_updated_at: str
    expected_final_by: str


class InvoicePage(Struct, frozen=True):
    items: list[InvoiceItem]
    next_cursor: str | None
    as_of: str


async def list_invoices(
    pool: Pool, tenant: TenantId, filters: InvoiceFilters, *, sort: Sort, limit: int, cursor: str | None
) -> InvoicePage:
    """Raises Invalid for a cursor that is forged or of another sort order."""
    search = Search(tenant, filters, sort, limit + 1, _read_cursor(sort, cursor))
    async with transaction(pool, tenant) as tx:
        as_of = await load_as_of(tx, tenant)
        await tx.execute(PLAN_AFRESH)
        rows = await search.run(tx)
    page, next_cursor = cut_page(rows, limit, lambda row: _cursor_keys(sort, row))
    return InvoicePage([_item(row) for row in page], next_cursor, rfc3339(as_of))


async def find_ids(pool: Pool, tenant: TenantId, filters: InvoiceFilters, *, most: int) -> list[UUID]:
    """All that fit, in no order; raises Invalid if there are more than `most`."""
    wanted, asked = read_values(filters), read_terms(tenant, filters)
    if asked is not None:
        wanted |= asked.values()
    async with transaction(pool, tenant) as tx:
        await tx.execute(PLAN_AFRESH)
        values = chain.from_iterable(wanted.values())
        rows = await tx.fetch(ids_statement(frozenset(wanted)), tenant, most + 1, *values)
    if len(rows) > most:
        detail = f"More than {most} invoices fit; narrow the filter."
        error = FieldError(
            "/filter", "too-many-invoices", detail, f"符合条件的发票超过 {most} 张，请缩小范围。"
        )
        raise Invalid(errors=[error])
    return [row["id"] for row in rows]


def _read_cursor(sort: Sort, cursor: str | None) -> tuple[Any, ...]:
    """Sort key and id of the last row seen, nothing on the first page."""
    if cursor is None:
        return ()
    of, key, last_id = decode_cursor(cursor, _CURSORS[sort.removeprefix("-")])
    if of != sort:
        raise forged_cursor()
    return key, last_id


def _cursor_keys(sort: Sort, row: Any) -> tuple[object, ...]:
    column = {"issued_at": row["sort_at"], "amount": row["cents"], "number": row["number"] or ""}
    return sort, column[sort.removeprefix("-")], row["id"]


def _item(row: Any) -> InvoiceItem:
    return InvoiceItem(
        id=row["id"],
        kind=row["kind"],
        code=row["code"],
        number=row["number"],
        reference=row["reference"],
        status=row["status"],
        reversal=row["reversal"],
        authority={"state": row["authority_state"]},
        issue_date=row["issue_date"],
        issued_at=row["issued_at"] and rfc3339(row["issued_at"]),
        seller={"name": row["seller_name"]},
        buyer={"name": row["buyer_name"], "tax_id": row["buyer_tax_id"]},
        totals={name: row[name] for name in ("amount", "tax", "amount_with_tax")},
        tags=row["tags"],
        documents=list_documents(row["documents"]) or _AWAITED,
        red=msgspec.Raw(row["red"].encode()) if row["red"] else None,
        status_updated_at=rfc3339(row["status_updated_at"]),
        expected_final_by=rfc3339(row["expected_final_by"]),
    )
