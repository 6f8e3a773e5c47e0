"""The compliance check of an invoice that is given, or of one that was issued: everything the rules have to say."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.clock import rfc3339, shanghai_day
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import InvoiceId, TaxpayerId, TenantId, new_id
from libs.common.problems import FieldError, Invalid
from services.invoice.data.rule_packs import list_rule_packs, load_rule_pack, rule_pack
from services.invoice.domain.duplicates import duplicate_key_of
from services.invoice.domain.findings import Finding, Severity, advise, as_errors, suggest, verify
from services.invoice.domain.invoice import Invoice, Totals
from services.invoice.domain.issue_invoice import IssueInvoice
from services.invoice.domain.lifecycle import draft_invoice
from services.invoice.domain.numbering import Number, split_number
from services.invoice.domain.pricing import PricedInvoice, price_invoice
from services.invoice.domain.refusals import refuse
from services.invoice.domain.replay import Printed, judge, rebuild_command
from services.invoice.domain.rules import RulePack
from services.invoice.errors import InvoiceNotFound, TaxpayerNotFound
from services.invoice.queries.buyers import find_near_buyers
from services.invoice.queries.duplicates import FIND_BY_DUPLICATE_KEY, FIND_BY_REFERENCE
from services.invoice.store.entitlement import period_of
from services.invoice.store.invoice import load_invoice
from services.invoice.store.taxpayer import Taxpayer, load_taxpayer

FIND_BY_NUMBER = """
select id
from invoices
where tenant_id = $1 and number = $2
  and ((code is null and $3::text is null) or (code is not null and code = coalesce($3, code)))
order by created_at desc
limit 1
"""
LOAD_AVAILABLE = """
select is_suspended, total - used - reserved as available
from quotas
where tenant_id = $1 and taxpayer_id = $2 and period = $3
"""


class InvoiceCheck(Struct, frozen=True):
    """`passed`: no finding is an error. `totals` None where the invoice cannot be worked out."""

    invoice_id: UUID | None
    rule_pack: str
    passed: bool
    totals: Totals | None
    findings: tuple[Finding, ...]
    as_of: str


def report_form(errors: Sequence[FieldError], *, now: datetime) -> InvoiceCheck:
    """An invoice that does not even have the form of one: nothing else can be said."""
    return _report(None, rule_pack(shanghai_day(now)), None, as_errors(errors), now)


async def check_given(pool: Pool, tenant: TenantId, command: IssueInvoice, *, now: datetime) -> InvoiceCheck:
    """As if it were to be issued now: rules, quota, twins, and whether the buyer is one that is known."""
    rules = rule_pack(shanghai_day(now))
    findings, priced = [*advise(command, rules)], None
    try:
        priced = price_invoice(command, rules)
    except Invalid as refused:
        findings = [*as_errors(refused.errors), *findings]
    async with transaction(pool, tenant) as tx:
        findings += suggest(await find_near_buyers(tx, tenant, command.buyer))
        if priced is not None:
            findings += await _find_obstacles(tx, tenant, priced, now)
    return _report(None, rules, priced.totals if priced else None, findings, now)


async def check_number(
    pool: Pool, tenant: TenantId, number: str, code: str | None, *, now: datetime
) -> InvoiceCheck:
    """By the rules it was issued by, and whether everything on it agrees; raises InvoiceNotFound.

    `code` None: the latest with this number, which is the only one for numbers of 20 digits.
    """
    async with transaction(pool, tenant) as tx:
        wanted = split_number(number) if code is None else Number(number, code)
        invoice_id = await tx.fetchval(FIND_BY_NUMBER, tenant, wanted.number, wanted.code)
        if invoice_id is None:
            raise InvoiceNotFound
        invoice = await load_invoice(tx, tenant, InvoiceId(invoice_id))
    rules = _rules_of(invoice)
    findings = [*verify(invoice)]
    if invoice.totals.amount_with_tax > 0:
        command = rebuild_command(_printed(invoice), rules)
        findings += [*as_errors(judge(command, rules)), *advise(command, rules)]
    return _report(invoice.id, rules, invoice.totals, findings, now)


def _report(
    invoice_id: UUID | None,
    rules: RulePack,
    totals: Totals | None,
    findings: Sequence[Finding],
    now: datetime,
) -> InvoiceCheck:
    passed = all(finding.severity is not Severity.ERROR for finding in findings)
    return InvoiceCheck(invoice_id, rules.id, passed, totals, tuple(findings), rfc3339(now))


async def _find_obstacles(tx: Tx, tenant: TenantId, priced: PricedInvoice, now: datetime) -> list[Finding]:
    """What stands in the way of a sound invoice at this moment."""
    wanted = priced.command.taxpayer_id
    try:
        taxpayer = await load_taxpayer(tx, tenant, None if wanted is None else TaxpayerId(wanted))
    except TaxpayerNotFound:
        return as_errors([refuse("/taxpayer_id", "taxpayer-unknown")])
    quota = await _check_quota(tx, taxpayer, priced, now)
    plain = [_check_kind(taxpayer, priced.command), await _check_twin(tx, taxpayer, priced, now)]
    return [*quota, *as_errors(error for error in plain if error is not None)]


def _check_kind(taxpayer: Taxpayer, command: IssueInvoice) -> FieldError | None:
    if command.kind in taxpayer.kinds:
        return None
    return refuse("/kind", "taxpayer-not-entitled", kind=command.kind, expected=", ".join(taxpayer.kinds))


async def _check_quota(tx: Tx, taxpayer: Taxpayer, priced: PricedInvoice, now: datetime) -> list[Finding]:
    row = await tx.fetchrow(LOAD_AVAILABLE, taxpayer.tenant, taxpayer.id, period_of(shanghai_day(now)))
    needed = priced.totals.amount
    if row is None:
        return [Finding.of(Severity.WARNING, refuse("", "quota-not-known"))]
    if row["is_suspended"]:
        return as_errors([refuse("", "quota-suspended")])
    if row["available"] < needed:
        return as_errors([refuse("", "quota-not-covering", needed=needed, available=row["available"])])
    return []


async def _check_twin(tx: Tx, taxpayer: Taxpayer, priced: PricedInvoice, now: datetime) -> FieldError | None:
    channel = taxpayer.channel_for(priced.command.kind)
    draft = draft_invoice(InvoiceId(new_id()), taxpayer.seller, priced, channel=channel, now=now)
    key = duplicate_key_of(draft, shanghai_day(now))
    if key is None:
        row = await tx.fetchrow(FIND_BY_REFERENCE, taxpayer.tenant, draft.reference)
    else:
        row = await tx.fetchrow(FIND_BY_DUPLICATE_KEY, taxpayer.tenant, key)
    if row is None:
        return None
    earlier = row["number"] or row["id"]
    pointer, code = ("/reference", "reference-used") if key is None else ("", "twin-issued-today")
    return refuse(pointer, code, earlier=earlier)


def _rules_of(invoice: Invoice) -> RulePack:
    day = invoice.issue_date or shanghai_day(invoice.status_updated_at)
    if invoice.rule_pack in list_rule_packs():
        return load_rule_pack(invoice.rule_pack, day)
    return rule_pack(day)


def _printed(invoice: Invoice) -> Printed:
    return Printed(
        kind=invoice.kind,
        buyer=invoice.buyer,
        lines=invoice.lines,
        remarks=invoice.remarks,
        special_business=invoice.special_business,
    )
