"""Issue blue invoices: consume quota and numbers, save them and announce them, in the caller's transaction."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from libs.common.clock import shanghai_day
from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.idempotency import Answer, IdempotentRequest, created
from libs.common.ids import InvoiceId, TaxpayerId, TenantId
from libs.common.money import ZERO
from libs.common.outbox import NewEvent, append_many
from services.invoice.domain.duplicates import duplicate_key_of
from services.invoice.domain.encoding import encode_invoice
from services.invoice.domain.invoice import Invoice, Status
from services.invoice.domain.kind_texts import Reason
from services.invoice.domain.kinds import STOCKED, InvoiceKind, QrCode
from services.invoice.domain.lifecycle import accept, draft_invoice, issue
from services.invoice.domain.numbering import Number, Numbering
from services.invoice.domain.pricing import PricedInvoice
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.errors import KindNotEntitled
from services.invoice.events import invoice_accepted, invoice_duplicate_allowed, invoice_issued
from services.invoice.store.duplicate import find_twins
from services.invoice.store.entitlement import Entitlement, consume, consume_stock
from services.invoice.store.issue import Issue, save_issues
from services.invoice.store.taxpayer import Taxpayer, load_taxpayer


class IssueRequest(Struct, frozen=True):
    """A priced invoice and who wants it. `qr_kind` is the kind's code in the QR text.

    The answer is remembered under `key` if the transaction has claimed it. `allow_duplicate`: somebody who may do so
    wants it although an invoice of the same day says the same.
    """

    tenant: TenantId
    actor: str
    invoice_id: InvoiceId
    priced: PricedInvoice
    qr_kind: QrCode
    promise: timedelta
    correlation: Correlation
    key: IdempotentRequest
    allow_duplicate: bool = False
    replaces: InvoiceId | None = None

    @property
    def taxpayer_id(self) -> TaxpayerId | None:
        """None: the tenant's default one."""
        wanted = self.priced.command.taxpayer_id
        return None if wanted is None else TaxpayerId(wanted)

    @property
    def stock(self) -> InvoiceKind | None:
        """Of which kind's stock it takes a number; None: a digital one."""
        kind = self.priced.command.kind
        return kind if kind in STOCKED else None

    @property
    def amount(self) -> Decimal:
        """What it takes of the quota."""
        return self.priced.totals.amount


class Issued(Struct, frozen=True):
    """An issued invoice, or a pending one where the authority assigns the number; and what its client is answered.

    There is no answer where there was no key to remember it under.
    """

    invoice: Invoice
    answer: Answer | None


async def issue_invoices(tx: Tx, requests: Sequence[IssueRequest], *, now: datetime) -> list[Issued]:
    """All of them or none; they name the same tenant and taxpayer.

    Raises TaxpayerNotFound, KindNotEntitled, QuotaExceeded, QuotaUnknown, NumbersExhausted, DuplicateReference,
    DuplicateInvoice: of several requests, some may still succeed alone.
    """
    groups: dict[InvoiceKind | None, list[int]] = {}
    for place, request in enumerate(requests):
        groups.setdefault(request.stock, []).append(place)
    built: dict[int, Issue] = {}
    for stock in sorted(groups, key=lambda stock: stock or ""):
        group = [requests[place] for place in groups[stock]]
        entitlement = await _take_numbers(tx, stock, group, day=shanghai_day(now))
        pairs = zip(group, entitlement.numbers, strict=True)
        issues = [_build(request, entitlement.taxpayer, number, now) for request, number in pairs]
        built |= zip(groups[stock], issues, strict=True)
    issues, overrides = await _allow_duplicates(
        tx, requests, [built[place] for place in range(len(requests))]
    )
    await save_issues(tx, issues)
    await append_many(tx, overrides, now=now)
    return [Issued(each.stored.invoice, each.answer) for each in issues]


async def _take_numbers(
    tx: Tx, stock: InvoiceKind | None, requests: Sequence[IssueRequest], *, day: date
) -> Entitlement:
    """Quota and numbers of one sort: digital ones, or of the stock of a kind."""
    tenant, taxpayer_id = requests[0].tenant, requests[0].taxpayer_id
    amount, count = sum((request.amount for request in requests), ZERO), len(requests)
    if stock is None:
        taken = await consume(tx, tenant, taxpayer_id, amount=amount, count=count, day=day)
        _check_kinds(requests, taken.taxpayer)
        return taken
    taxpayer = await load_taxpayer(tx, tenant, taxpayer_id)
    _check_kinds(requests, taxpayer)
    return await consume_stock(tx, taxpayer, stock, amount=amount, count=count, day=day)


def _check_kinds(requests: Sequence[IssueRequest], taxpayer: Taxpayer) -> None:
    for request in requests:
        kind = request.priced.command.kind
        if kind not in taxpayer.kinds:
            raise KindNotEntitled(kind=kind, reason_code=Reason.NOT_ENTITLED, entitled=list(taxpayer.kinds))


def _build(request: IssueRequest, taxpayer: Taxpayer, number: Number | None, now: datetime) -> Issue:
    channel = taxpayer.channel_for(request.priced.command.kind)
    draft = draft_invoice(request.invoice_id, taxpayer.seller, request.priced, channel=channel, now=now)
    draft = replace(draft, replaces=request.replaces)
    expected_final_by = now + request.promise
    if number is None:
        invoice = accept(draft, expected_final_by=expected_final_by, now=now)
    else:
        numbering = Numbering(number.number, shanghai_day(now), request.qr_kind, number.code)
        invoice = issue(draft, numbering, expected_final_by=expected_final_by, now=now)
    deliver = request.priced.command.deliver
    stored = StoredInvoice(request.tenant, taxpayer.id, request.actor, now, deliver, invoice)
    return Issue(
        stored,
        serial=request.invoice_id.hex,
        event=invoice_accepted(stored) if number is None else invoice_issued(stored),
        correlation=request.correlation,
        key=request.key,
        answer=created(encode_invoice(invoice), f"/v1/invoices/{invoice.id}") if request.key.key else None,
        duplicate_key=duplicate_key_of(invoice, shanghai_day(now)),
    )


async def _allow_duplicates(
    tx: Tx, requests: Sequence[IssueRequest], issues: Sequence[Issue]
) -> tuple[list[Issue], list[NewEvent]]:
    """An invoice that is wanted although it has a twin stands beside the guard; the event says whose guard it was.

    The taxpayer's quota is locked, so that no twin can come in between.
    """
    pairs = list(zip(requests, issues, strict=True))
    keys = [each.duplicate_key for request, each in pairs if request.allow_duplicate and each.duplicate_key]
    twins = await find_twins(tx, requests[0].tenant, keys) if keys else {}
    kept, events = [], []
    for request, each in pairs:
        twin = twins.get(each.duplicate_key or "") if request.allow_duplicate else None
        kept.append(each if twin is None else replace(each, duplicate_key=None))
        if twin is not None:
            event = invoice_duplicate_allowed(each.stored, twin)
            events.append(NewEvent(request.tenant, each.stored.invoice.id, event, request.correlation))
    return kept, events


def as_draft(invoice: Invoice) -> Invoice:
    """What a dry run answers: everything worked out, no number, no date, nothing promised."""
    return replace(
        invoice,
        status=Status.DRAFT,
        number=None,
        code=None,
        check_code=None,
        issue_date=None,
        issued_at=None,
        qr_text=None,
        expected_final_by=None,
        version=0,
    )
