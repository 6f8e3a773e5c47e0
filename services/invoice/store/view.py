"""Writes the query views; every statement takes a whole run of events."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.encoding import encode
from services.invoice.domain.terms import facet_terms, place_terms, text_terms


class ViewRow(Struct, frozen=True):
    """One invoice as lists and search show it."""

    tenant: TenantId
    id: UUID
    sort_at: datetime
    issued_at: datetime | None
    issue_date: date | None
    kind: str
    code: str | None
    number: str | None
    reference: str | None
    status: str
    authority_state: str
    buyer_name: str
    buyer_tax_id: str
    seller_name: str
    amount: Decimal
    tax: Decimal
    amount_with_tax: Decimal
    tags: tuple[str, ...]
    search_text: str
    status_updated_at: datetime
    expected_final_by: datetime

    @property
    def terms(self) -> set[int]:
        """What it is found by; it only ever gains more."""
        facets = facet_terms(self.tenant, kind=[self.kind], tax_id=[self.buyer_tax_id], tag=self.tags)
        cents = int(self.amount_with_tax.scaleb(2))
        places = place_terms(self.tenant, self.sort_at, cents, self.number)
        return text_terms(self.tenant, self.search_text) | facets | places


class StatusChange(Struct, frozen=True):
    """A later word of the authority; what is None stays as it is."""

    tenant: TenantId
    id: UUID
    authority_state: str | None
    status: str | None
    at: datetime


class TagChange(Struct, frozen=True):
    """All tags that the invoice has now."""

    tenant: TenantId
    id: UUID
    tags: tuple[str, ...]


class NoteAdded(Struct, frozen=True):
    """A note in lower case, to be found by its words."""

    tenant: TenantId
    id: UUID
    text: str


class TimelineEntry(Struct, frozen=True):
    """One step of one service in the life of an invoice."""

    tenant: TenantId
    invoice_id: UUID
    event_id: UUID
    time: datetime
    service: str
    type: str
    summary: str
    summary_zh: str
    actor: str
    request_id: str


C = TypeVar("C", "ViewRow", "StatusChange", "TagChange")

SAVE_VIEW = """
insert into invoice_views (
  tenant_id, id, sort_at, issued_at, issue_date, kind, code, number, reference, status, reversal, authority_state,
  buyer_name, buyer_tax_id, seller_name, amount, tax, amount_with_tax, tags, search_text, status_updated_at,
  expected_final_by
)
select tenant_id, id, sort_at, issued_at, issue_date, kind, code, number, reference, status, 'none', authority_state,
  buyer_name, buyer_tax_id, seller_name, amount, tax, amount_with_tax,
  array(select jsonb_array_elements_text(tags)), search_text, status_updated_at, expected_final_by
from unnest(
  $1::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::date[], $6::text[], $7::text[], $8::text[],
  $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::numeric[], $16::numeric[],
  $17::numeric[], $18::jsonb[], $19::text[], $20::timestamptz[], $21::timestamptz[]
) as new (
  tenant_id, id, sort_at, issued_at, issue_date, kind, code, number, reference, status, authority_state, buyer_name,
  buyer_tax_id, seller_name, amount, tax, amount_with_tax, tags, search_text, status_updated_at, expected_final_by
)
on conflict (tenant_id, id) do update
set sort_at = excluded.sort_at, issued_at = excluded.issued_at, issue_date = excluded.issue_date,
    number = excluded.number, status = excluded.status, authority_state = excluded.authority_state,
    status_updated_at = excluded.status_updated_at
"""
# A pending invoice that is issued moves in time.
SAVE_TERMS = """
insert into invoice_terms as t (tenant_id, id, terms)
select tenant_id, id, terms::bigint[]
from unnest($1::uuid[], $2::uuid[], $3::text[]) as new (tenant_id, id, terms)
on conflict (tenant_id, id) do update set terms = t.terms || excluded.terms
where not t.terms @> excluded.terms
"""
ADD_TERMS = """
update invoice_terms t
set terms = t.terms || more.terms::bigint[]
from unnest($1::uuid[], $2::uuid[], $3::text[]) as more (tenant_id, id, terms)
where t.tenant_id = more.tenant_id and t.id = more.id
"""
CHANGE_TAGS = """
update invoice_views v
set tags = array(select jsonb_array_elements_text(c.tags))
from unnest($1::uuid[], $2::uuid[], $3::jsonb[]) as c (tenant_id, id, tags)
where v.tenant_id = c.tenant_id and v.id = c.id
"""
ADD_NOTE = """
update invoice_views
set search_text = search_text || E'\n' || $3
where tenant_id = $1 and id = $2
"""
CHANGE_STATUS = """
update invoice_views v
set authority_state = coalesce(c.authority_state, v.authority_state), status = coalesce(c.status, v.status),
    status_updated_at = case when c.status is null then v.status_updated_at else c.at end
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
  as c (tenant_id, id, authority_state, status, at)
where v.tenant_id = c.tenant_id and v.id = c.id
"""
CLEAR_BACKLOG = """
delete from view_backlog b
using unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as shown (tenant_id, invoice_id, at)
where b.tenant_id = shown.tenant_id and b.invoice_id = shown.invoice_id and b.changed_at <= shown.at
"""
ADD_TIMELINE = """
insert into timeline_entries (
  tenant_id, invoice_id, event_id, time, service, type, summary, summary_zh, actor, request_id
)
select *
from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::text[], $10::text[])
on conflict do nothing
returning event_id
"""


async def save_views(tx: Tx, rows: Sequence[ViewRow]) -> None:
    """Insert, or overwrite what an assigned number changes."""
    latest = _latest(rows)
    columns = [[_column(value) for value in column] for column in _columns(latest)]
    await tx.execute(SAVE_VIEW, *columns)
    await tx.execute(SAVE_TERMS, *_terms((row.tenant, row.id, row.terms) for row in latest))


async def change_tags(tx: Tx, changes: Sequence[TagChange]) -> None:
    """Show the tags, and find the invoices by them."""
    latest = _latest(changes)
    columns = ([c.tenant for c in latest], [c.id for c in latest], [_column(c.tags) for c in latest])
    await tx.execute(CHANGE_TAGS, *columns)
    terms = ((c.tenant, c.id, facet_terms(c.tenant, tag=c.tags)) for c in latest)
    await tx.execute(ADD_TERMS, *_terms(terms))


async def add_notes(tx: Tx, notes: Sequence[NoteAdded]) -> None:
    """Find the invoices by the words of notes."""
    await tx.executemany(ADD_NOTE, [_values(note) for note in notes])
    terms = ((note.tenant, note.id, text_terms(note.tenant, note.text)) for note in notes)
    await tx.execute(ADD_TERMS, *_terms(terms))


async def change_statuses(tx: Tx, changes: Sequence[StatusChange]) -> None:
    """Show later words of the authority."""
    await tx.execute(CHANGE_STATUS, *_columns(_latest(changes)))


async def clear_backlog(tx: Tx, shown: Sequence[tuple[TenantId, UUID, datetime]]) -> None:
    """(tenant, invoice, time of the change) are in the views now."""
    await tx.execute(CLEAR_BACKLOG, *([item[place] for item in shown] for place in range(3)))


async def add_timeline(tx: Tx, entries: Sequence[TimelineEntry]) -> set[UUID]:
    """Steps of any service; the events that were not there yet."""
    return {row["event_id"] for row in await tx.fetch(ADD_TIMELINE, *_columns(entries))}


def _terms(rows: Iterable[tuple[TenantId, UUID, Iterable[int]]]) -> Sequence[tuple[object, ...]]:
    """Columns; terms as the text of an array: the driver would look at every number of one."""
    texts = ((tenant, invoice, f"{{{','.join(map(str, terms))}}}") for tenant, invoice, terms in rows)
    return list(zip(*texts, strict=True))


def _latest(changes: Sequence[C]) -> list[C]:
    """The last change of each invoice: one statement changes a row once."""
    return list({(change.tenant, change.id): change for change in changes}.values())


def _column(value: object) -> object:
    """Tags travel as JSON: arrays of arrays would have to be of one length."""
    return encode(value).decode() if isinstance(value, tuple) else value


def _values(row: Struct) -> tuple[object, ...]:
    return tuple(getattr(row, name) for name in row.__struct_fields__)


def _columns(rows: Sequence[Struct]) -> list[list[object]]:
    return [list(column) for column in zip(*(_values(row) for row in rows), strict=True)]
