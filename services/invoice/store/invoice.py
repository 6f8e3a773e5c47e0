"""The invoice's row: columns for what changes or is searched, JSON for what is printed."""

from collections.abc import Container, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.invoice.domain.documents import list_documents
from services.invoice.domain.encoding import decode, encode
from services.invoice.domain.invoice import (
    Authority,
    AuthorityError,
    AuthorityState,
    Invoice,
    InvoiceLine,
    Note,
    NumberChannel,
    Red,
    Reversal,
    Status,
    Totals,
    Voiding,
)
from services.invoice.domain.issue_invoice import Deliver
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Buyer, PrintFlags, Seller
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.errors import InvoiceNotFound


class Content(Struct, frozen=True, kw_only=True):
    """What is printed, and whom to send it to: never changes once issued."""

    seller: Seller
    buyer: Buyer
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    qr_text: str | None
    remarks: str
    drawer: str
    special_business: dict[str, Any] | None
    tags: tuple[str, ...]
    deliver: Deliver | None
    payee: str = ""
    reviewer: str = ""
    print: PrintFlags = PrintFlags()
    check_code: str | None = None


LOAD_INVOICE = """
select i.tenant_id, i.taxpayer_id, i.actor, i.created_at, i.id, i.kind, i.code, i.number, i.reference, i.status,
  i.reversal, i.channel, i.authority_state, i.authority_updated_at, i.last_error, i.issue_date, i.issued_at,
  i.content, i.fingerprint, i.rule_pack, i.red, i.replaces, i.replaced_by, i.quota_amount, i.version,
  i.status_updated_at, i.expected_final_by,
  m.tags, m.notes, v.requested_at as void_requested_at, v.reason as void_reason,
  d.documents
from invoices i
left join archived_documents d on d.tenant_id = i.tenant_id and d.invoice_id = i.id
left join invoice_marks m on m.tenant_id = i.tenant_id and m.invoice_id = i.id
left join voids v on v.tenant_id = i.tenant_id and v.invoice_id = i.id and v.state = 'requested'
where i.tenant_id = $1 and i.id = $2
"""
LOAD_INVOICES_LOCKED = """
select i.tenant_id, i.taxpayer_id, i.actor, i.created_at, i.id, i.kind, i.code, i.number, i.reference, i.status,
  i.reversal, i.channel, i.authority_state, i.authority_updated_at, i.last_error, i.issue_date, i.issued_at,
  i.content, i.fingerprint, i.rule_pack, i.red, i.replaces, i.replaced_by, i.quota_amount, i.version,
  i.status_updated_at, i.expected_final_by, null as documents
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
join invoices i on i.tenant_id = wanted.tenant_id and i.id = wanted.id
order by i.tenant_id, i.id
for update of i
"""
LOCK_INVOICES = """
select i.id, i.version
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, id)
join invoices i on i.tenant_id = wanted.tenant_id and i.id = wanted.id
order by i.tenant_id, i.id
for update of i
"""
UPDATE_INVOICES = """
with changed as (
  update invoices i
  set number = c.number, status = c.status, authority_state = c.authority_state,
      authority_updated_at = c.authority_updated_at, last_error = c.last_error, issue_date = c.issue_date,
      issued_at = c.issued_at, content = coalesce(c.content, i.content), version = c.version,
      status_updated_at = c.status_updated_at
  from unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::jsonb[], $8::date[],
    $9::timestamptz[], $10::jsonb[], $11::bigint[], $12::timestamptz[], $13::boolean[]
  ) as c (
    tenant_id, id, number, status, authority_state, authority_updated_at, last_error, issue_date,
    issued_at, content, version, status_updated_at, is_announced
  )
  where i.tenant_id = c.tenant_id and i.id = c.id
  returning i.tenant_id, i.id, c.is_announced
)
insert into view_backlog (tenant_id, invoice_id, changed_at)
select tenant_id, id, $14
from changed
where is_announced
on conflict do nothing
"""


async def load_invoice(tx: Tx, tenant: TenantId, invoice_id: InvoiceId) -> Invoice:
    """With its documents; raises InvoiceNotFound."""
    row = await tx.fetchrow(LOAD_INVOICE, tenant, invoice_id)
    if row is None:
        raise InvoiceNotFound
    return _stored(row).invoice


async def load_invoices_locked(
    tx: Tx, wanted: Sequence[tuple[TenantId, InvoiceId]]
) -> dict[InvoiceId, StoredInvoice]:
    """For the authority's answers: several at once, locked in one order, without documents."""
    rows = await tx.fetch(
        LOAD_INVOICES_LOCKED, [tenant for tenant, _ in wanted], [item for _, item in wanted]
    )
    return {row["id"]: _stored(row) for row in rows}


async def lock_invoices(tx: Tx, known: Sequence[StoredInvoice]) -> dict[InvoiceId, StoredInvoice]:
    """As they are now, locked in one order; loaded again only where they have changed since they were."""
    rows = await tx.fetch(LOCK_INVOICES, [each.tenant for each in known], [each.invoice.id for each in known])
    versions = {row["id"]: row["version"] for row in rows}
    current = {each.invoice.id: each for each in known if versions[each.invoice.id] == each.invoice.version}
    outdated = [(each.tenant, each.invoice.id) for each in known if each.invoice.id not in current]
    return current | (await load_invoices_locked(tx, outdated) if outdated else {})


async def update_invoices(
    tx: Tx, changed: Sequence[StoredInvoice], *, announced: Container[InvoiceId], now: datetime
) -> None:
    """Save transitions of locked invoices; those `announced` by an event at `now` await their view."""
    rows = [(*_changes(stored), stored.invoice.id in announced) for stored in changed]
    if rows:
        await tx.execute(UPDATE_INVOICES, *zip(*rows, strict=True), now)


def _changes(stored: StoredInvoice) -> tuple[object, ...]:
    """What is printed changes only where the authority gives the number."""
    invoice = stored.invoice
    error = invoice.authority.last_error
    is_numbered_here = invoice.authority.channel is NumberChannel.LOCAL_BLOCKS
    return (
        stored.tenant,
        invoice.id,
        invoice.number,
        invoice.status,
        invoice.authority.state,
        invoice.authority.updated_at,
        None if error is None else encode(error).decode(),
        invoice.issue_date,
        invoice.issued_at,
        None if is_numbered_here else encode_content(stored),
        invoice.version,
        invoice.status_updated_at,
    )


def encode_content(stored: StoredInvoice) -> str:
    """The column `content`."""
    invoice = stored.invoice
    content = Content(
        seller=invoice.seller,
        buyer=invoice.buyer,
        lines=invoice.lines,
        totals=invoice.totals,
        qr_text=invoice.qr_text,
        remarks=invoice.remarks,
        drawer=invoice.drawer,
        special_business=invoice.special_business,
        tags=invoice.tags,
        deliver=stored.deliver,
        payee=invoice.payee,
        reviewer=invoice.reviewer,
        print=invoice.print,
        check_code=invoice.check_code,
    )
    return encode(content).decode()


def _stored(row: Any) -> StoredInvoice:
    content = decode(row["content"], Content)
    return StoredInvoice(
        row["tenant_id"],
        row["taxpayer_id"],
        row["actor"],
        row["created_at"],
        content.deliver,
        _invoice(row, content),
        row["quota_amount"],
    )


def _authority(row: Any) -> Authority:
    return Authority(
        NumberChannel(row["channel"]),
        AuthorityState(row["authority_state"]),
        row["authority_updated_at"],
        decode(row["last_error"], AuthorityError) if row["last_error"] else None,
    )


def _invoice(row: Any, content: Content) -> Invoice:
    return Invoice(
        id=row["id"],
        kind=InvoiceKind(row["kind"]),
        number=row["number"],
        code=row["code"],
        check_code=content.check_code,
        status=Status(row["status"]),
        reversal=Reversal(row["reversal"]),
        issue_date=row["issue_date"],
        issued_at=row["issued_at"],
        authority=_authority(row),
        status_updated_at=row["status_updated_at"],
        expected_final_by=row["expected_final_by"],
        version=row["version"],
        seller=content.seller,
        buyer=content.buyer,
        lines=content.lines,
        totals=content.totals,
        qr_text=content.qr_text,
        documents=list_documents(row["documents"]),
        remarks=content.remarks,
        drawer=content.drawer,
        payee=content.payee,
        reviewer=content.reviewer,
        print=content.print,
        reference=row["reference"],
        special_business=content.special_business,
        tags=content.tags if row.get("tags") is None else tuple(row["tags"]),
        notes=decode(row["notes"], tuple[Note, ...]) if row.get("notes") else (),
        fingerprint=row["fingerprint"],
        rule_pack=row["rule_pack"],
        replaces=row["replaces"],
        replaced_by=row["replaced_by"],
        red=decode(row["red"], Red) if row["red"] else None,
        voiding=Voiding(row["void_requested_at"], row["void_reason"])
        if row.get("void_requested_at")
        else None,
    )
