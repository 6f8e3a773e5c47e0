"""The list of invoices, from the views: filters, six sort orders, keyset pages."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, decode_cursor, forged_cursor
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.terms import facet_terms, wanted_terms
from services.invoice.queries.freshness import load_as_of
from services.invoice.queries.invoice_statements import (
    FILTERS,
    SELECTIVE,
    Sort,
    found_statement,
    ids_statement,
    near_statement,
)


class InvoiceFilters(Struct, frozen=True, kw_only=True):
    """None: not filtered. `words` are all looked for; `issued_*` and `amount_*` are inclusive."""

    number: str | None = None
    code: str | None = None
    reference: str | None = None
    kind: str | None = None
    status: str | None = None
    reversal: str | None = None
    buyer: str | None = None
    tax_id: str | None = None
    issued_from: datetime | None = None
    issued_to: datetime | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    tag: str | None = None
    words: tuple[str, ...] = ()


# Plans are made for the values that are really given.
PLAN_AFRESH = "set local plan_cache_mode = force_custom_plan"

NARROW = 10_000
COUNT_DAYS = """
select count(*)
from (
  select
  from invoice_views
  where tenant_id = $1
    and sort_at >= coalesce($2::timestamptz, '-infinity') and sort_at <= coalesce($3::timestamptz, 'infinity')
  limit $4
) as bounded
"""
COUNT_SUMS = """
select count(*)
from (
  select
  from invoice_views
  where tenant_id = $1
    and cents >= coalesce(($2::numeric * 100)::bigint, -1000000000000000000)
    and cents <= coalesce(($3::numeric * 100)::bigint, 1000000000000000000)
  limit $4
) as bounded
"""

_CURSORS: dict[str, type[Any]] = {
    "issued_at": tuple[Sort, datetime, UUID],
    "amount": tuple[Sort, int, UUID],
    "number": tuple[Sort, str, UUID],
}


class PdfState(Struct, frozen=True):
    format: str
    state: str
    sha256: str | None


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
    documents: list[PdfState]
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
    key = _read_cursor(sort, cursor)
    given, terms = _given(filters), _terms(tenant, filters)
    async with transaction(pool, tenant) as tx:
        as_of = await load_as_of(tx, tenant)
        await tx.execute(PLAN_AFRESH)
        rows: list[Any] = []
        if not SELECTIVE & given.keys():
            statement = near_statement(sort, frozenset(given), has_cursor=bool(key))
            rows = await tx.fetch(statement, tenant, limit + 1, *given.values(), *key)
        if given and len(rows) <= limit:
            wanted = given if await _is_narrow(tx, tenant, filters) else given | terms
            statement = found_statement(sort, frozenset(wanted), has_cursor=bool(key))
            rows = await tx.fetch(statement, tenant, limit + 1, *wanted.values(), *key)
    page, next_cursor = cut_page(rows, limit, lambda row: _cursor_keys(sort, row))
    return InvoicePage([_item(row) for row in page], next_cursor, rfc3339(as_of))


async def find_ids(pool: Pool, tenant: TenantId, filters: InvoiceFilters, *, most: int) -> list[UUID]:
    """All that fit, in no order; raises Invalid if there are more than `most`."""
    wanted = _given(filters) | _terms(tenant, filters)
    async with transaction(pool, tenant) as tx:
        await tx.execute(PLAN_AFRESH)
        rows = await tx.fetch(ids_statement(frozenset(wanted)), tenant, most + 1, *wanted.values())
    if len(rows) > most:
        detail = f"More than {most} invoices fit; narrow the filter."
        error = FieldError(
            "/filter", "too-many-invoices", detail, f"符合条件的发票超过 {most} 张，请缩小范围。"
        )
        raise Invalid(errors=[error])
    return [row["id"] for row in rows]


async def _is_narrow(tx: Tx, tenant: TenantId, filters: InvoiceFilters) -> bool:
    """Whether a range leaves so few invoices that they are read instead of all with a word that may be common."""
    days, sums = (filters.issued_from, filters.issued_to), (filters.amount_from, filters.amount_to)
    for statement, bounds in ((COUNT_DAYS, days), (COUNT_SUMS, sums)):
        if any(bound is not None for bound in bounds):
            count: int = await tx.fetchval(statement, tenant, *bounds, NARROW)
            if count < NARROW:
                return True
    return False


def _given(filters: InvoiceFilters) -> dict[str, Any]:
    """The values that are given, in the order of FILTERS."""
    values = {name: getattr(filters, name) for name in FILTERS if name != "terms"}
    if filters.buyer is not None:
        values["buyer"] = filters.buyer.lower()
    return {name: value for name, value in values.items() if value not in {None, ()}}


def _terms(tenant: TenantId, filters: InvoiceFilters) -> dict[str, list[int]]:
    """What the inverted index can look up of the filters; nothing where another index finds the one invoice."""
    if filters.number is not None or filters.reference is not None:
        return {}
    facets = {"kind": filters.kind, "tax_id": filters.tax_id, "tag": filters.tag}
    terms = facet_terms(tenant, **{name: [value] for name, value in facets.items() if value is not None})
    terms |= wanted_terms(tenant, " ".join([*filters.words, (filters.buyer or "").lower()]))
    return {"terms": list(terms)} if terms else {}


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
        documents=[PdfState("pdf", row["pdf_state"] or "pending", row["pdf_sha256"])],
        red=msgspec.Raw(row["red"].encode()) if row["red"] else None,
        status_updated_at=rfc3339(row["status_updated_at"]),
        expected_final_by=rfc3339(row["expected_final_by"]),
    )
