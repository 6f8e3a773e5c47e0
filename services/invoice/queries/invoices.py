"""The list of invoices, from the views: filters, six sort orders, keyset pages."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from libs.common.clock import rfc3339
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, decode_cursor, forged_cursor
from services.invoice.queries.freshness import load_as_of

Sort = Literal["-issued_at", "issued_at", "-amount", "amount", "-number", "number"]


class InvoiceFilters(Struct, frozen=True, kw_only=True):
    """None: not filtered. `words` are all looked for; `issued_*` and `amount_*` are inclusive."""

    number: str | None = None
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


# Plans are made for the filters that are really given.
PLAN_AFRESH = "set local plan_cache_mode = force_custom_plan"

_LIST = """
select v.id, v.sort_at, v.issued_at, v.issue_date, v.kind, v.number, v.reference, v.status, v.reversal,
  v.authority_state, v.buyer_name, v.buyer_tax_id, v.seller_name, v.amount, v.tax, v.amount_with_tax, v.tags,
  v.status_updated_at, v.expected_final_by, d.state as pdf_state, d.sha256 as pdf_sha256
from invoice_views v
left join invoice_documents d on d.tenant_id = v.tenant_id and d.invoice_id = v.id and d.format = 'pdf'
where v.tenant_id = $1
  and ($2::text is null or v.number = $2)
  and ($3::text is null or v.reference = $3)
  and ($4::text is null or v.kind = $4)
  and ($5::text is null or v.status = $5)
  and ($6::text is null or v.reversal = $6)
  and ($7::text is null or strpos(lower(v.buyer_name), lower($7)) > 0)
  and ($8::text is null or v.buyer_tax_id = $8)
  and ($9::timestamptz is null or v.issued_at >= $9)
  and ($10::timestamptz is null or v.issued_at <= $10)
  and ($11::numeric is null or v.amount_with_tax >= $11)
  and ($12::numeric is null or v.amount_with_tax <= $12)
  and ($13::text is null or v.tags @> array[$13])
  and not exists (select from unnest($14::text[]) as word where strpos(v.search_text, word) = 0)
  and ({key} is null or ({column}, v.id) {beyond} ({key}, $16::uuid))
order by {column} {direction}, v.id {direction}
limit $17
"""


def _statement(column: str, kind: str, direction: str) -> str:
    beyond = "<" if direction == "desc" else ">"
    return _LIST.format(key=f"$15::{kind}", column=column, beyond=beyond, direction=direction)


LIST_INVOICES: dict[Sort, str] = {
    "-issued_at": _statement("v.sort_at", "timestamptz", "desc"),
    "issued_at": _statement("v.sort_at", "timestamptz", "asc"),
    "-amount": _statement("v.amount_with_tax", "numeric", "desc"),
    "amount": _statement("v.amount_with_tax", "numeric", "asc"),
    "-number": _statement("coalesce(v.number, '')", "text", "desc"),
    "number": _statement("coalesce(v.number, '')", "text", "asc"),
}
_CURSORS: dict[str, type[Any]] = {
    "issued_at": tuple[Sort, datetime, UUID],
    "amount": tuple[Sort, Decimal, UUID],
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
    red: None = None
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
    after, after_id = _read_cursor(sort, cursor)
    async with transaction(pool, tenant) as tx:
        as_of = await load_as_of(tx, tenant)
        await tx.execute(PLAN_AFRESH)
        values = (getattr(filters, name) for name in InvoiceFilters.__struct_fields__)
        rows = await tx.fetch(LIST_INVOICES[sort], tenant, *values, after, after_id, limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: _cursor_keys(sort, row))
    return InvoicePage([_item(row) for row in page], next_cursor, rfc3339(as_of))


def _read_cursor(sort: Sort, cursor: str | None) -> tuple[Any, UUID | None]:
    if cursor is None:
        return None, None
    of, key, last_id = decode_cursor(cursor, _CURSORS[sort.removeprefix("-")])
    if of != sort:
        raise forged_cursor()
    return key, last_id


def _cursor_keys(sort: Sort, row: Any) -> tuple[object, ...]:
    column = {"issued_at": row["sort_at"], "amount": row["amount_with_tax"], "number": row["number"] or ""}
    return sort, column[sort.removeprefix("-")], row["id"]


def _item(row: Any) -> InvoiceItem:
    return InvoiceItem(
        id=row["id"],
        kind=row["kind"],
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
        status_updated_at=rfc3339(row["status_updated_at"]),
        expected_final_by=rfc3339(row["expected_final_by"]),
    )
