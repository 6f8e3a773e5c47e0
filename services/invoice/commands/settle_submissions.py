"""Record what the authority said about submitted invoices: transitions, quota, events and the next attempt."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from libs.common.clock import shanghai_day
from libs.common.contracts import Contract
from libs.common.db import Tx
from libs.common.ids import InvoiceId
from libs.common.log import get_logger
from libs.common.outbox import NewEvent, append_many
from services.invoice.domain.authority import Outcome, Verdict
from services.invoice.domain.invoice import AuthorityError, AuthorityState, Invoice, NumberChannel, Status
from services.invoice.domain.kinds import QrCode
from services.invoice.domain.lifecycle import (
    assign_number,
    confirm,
    mark_outcome_unknown,
    refuse,
    submit,
    wait_for_operator,
)
from services.invoice.domain.numbering import Numbering
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.events import (
    invoice_authority_delayed,
    invoice_confirmed,
    invoice_issued,
    invoice_rejected,
)
from services.invoice.store.duplicate import release_duplicate_keys
from services.invoice.store.entitlement import period_of
from services.invoice.store.invoice import lock_invoices, update_invoices
from services.invoice.store.quota import QuotaMove, settle_quota
from services.invoice.store.submission import (
    Reschedule,
    Submission,
    delete_submissions,
    reschedule_submissions,
)

log = get_logger(__name__)

# Seconds until the next question after the n-th attempt; a pending answer is asked for sooner.
_UNKNOWN_DELAYS = (1, 3, 5, 15, 60, 120, 300)
_PENDING_DELAYS = (0.5, 1, 2, 5, 15, 60)
_OPERATOR_DELAYS = (5, 5, 15, 60)


class Answer(Struct, frozen=True):
    """What the authority said about one submission of an invoice, as it was when the authority was spoken to."""

    submission: Submission
    stored: StoredInvoice
    outcome: Outcome


class _Effect(Struct, frozen=True):
    """One invoice after its answer; `event` None: nothing to announce, `retry` None: the word is final."""

    before: StoredInvoice
    after: Invoice
    submission: Submission
    event: Contract | None
    retry: Reschedule | None


async def settle_submissions(
    tx: Tx, answers: Sequence[Answer], *, rules: RulePack, now: datetime
) -> list[StoredInvoice]:
    """Apply each answer to its invoice; an answer to a business that is already closed changes nothing.

    Those on which the word is now final: each is told once.
    """
    found = await lock_invoices(tx, [answer.stored for answer in answers])
    effects = [
        _judge(found[InvoiceId(answer.submission.invoice_id)], answer, rules, now)
        for answer in sorted(answers, key=lambda a: a.submission.invoice_id)
        if _is_open(found[InvoiceId(answer.submission.invoice_id)].invoice)
    ]
    await _save(tx, effects, now)
    await settle_quota(tx, [move for effect in effects for move in _quota_moves(effect)])
    events = [
        NewEvent(e.before.tenant, e.after.id, e.event, e.submission.correlation)
        for e in effects
        if e.event is not None
    ]
    await append_many(tx, events, now=now)
    return [replace(e.before, invoice=e.after) for e in effects if e.retry is None]


def _is_open(invoice: Invoice) -> bool:
    return invoice.authority.state not in {AuthorityState.CONFIRMED, AuthorityState.REFUSED}


async def _save(tx: Tx, effects: Sequence[_Effect], now: datetime) -> None:
    changed = [replace(e.before, invoice=e.after) for e in effects if e.after is not e.before.invoice]
    announced = {e.after.id for e in effects if e.event is not None}
    await update_invoices(tx, changed, announced=announced, now=now)
    rejected = [(e.before.tenant, e.after.id) for e in effects if e.after.status is Status.REJECTED]
    await release_duplicate_keys(tx, rejected)
    await delete_submissions(tx, [e.submission for e in effects if e.retry is None])
    await reschedule_submissions(tx, [e.retry for e in effects if e.retry is not None])


def _judge(stored: StoredInvoice, answer: Answer, rules: RulePack, now: datetime) -> _Effect:
    answer = replace(answer, outcome=_compare_number(stored, answer.outcome))
    invoice, outcome, submission = stored.invoice, answer.outcome, answer.submission
    match outcome.verdict:
        case Verdict.ISSUED:
            final = _issued(stored, outcome, rules.qr_code(invoice.kind), now)
            return _final(stored, final, submission)
        case Verdict.REJECTED:
            refused = refuse(_submitted(invoice, now), _error(outcome), now=now)
            return _Effect(stored, refused, submission, invoice_rejected(refused), None)
        case Verdict.OPERATOR_NEEDED:
            return _delayed(stored, answer, AuthorityState.WAITING_OPERATOR, now)
        case Verdict.UNKNOWN:
            return _delayed(stored, answer, AuthorityState.OUTCOME_UNKNOWN, now)
        case Verdict.PENDING | Verdict.NOT_FOUND:
            pending = invoice if _is_submitted(invoice) else submit(invoice, now=now)
            # A serial that is not there may be submitted again, under the same serial.
            is_to_be_asked = outcome.verdict is Verdict.PENDING
            seconds = _delay(_PENDING_DELAYS, submission.attempts)
            retry = Reschedule(submission, now + timedelta(seconds=seconds), is_to_be_asked)
            return _Effect(stored, pending, submission, None, retry)


def _compare_number(stored: StoredInvoice, outcome: Outcome) -> Outcome:
    """An invoice that has a number is never confirmed under another: its outcome stays unknown, for people to see."""
    invoice = stored.invoice
    if outcome.verdict is not Verdict.ISSUED or invoice.number is None:
        return outcome
    if outcome.number == invoice.number and outcome.code in {None, invoice.code}:
        return outcome
    ours, theirs = f"{invoice.code or ''}{invoice.number}", f"{outcome.code or ''}{outcome.number}"
    log.error("number_differs", invoice=str(invoice.id), ours=ours, authority=theirs)
    detail = f"The authority holds it under the number {theirs}, not {ours}"
    detail_zh = f"税务机关登记的发票号码为 {theirs}，与本发票号码 {ours} 不一致"
    return Outcome(Verdict.UNKNOWN, error=AuthorityError("number-differs", detail, detail_zh))


def _issued(stored: StoredInvoice, outcome: Outcome, qr_kind: QrCode, now: datetime) -> Invoice:
    submitted = _submitted(stored.invoice, now)
    if submitted.authority.channel is NumberChannel.LOCAL_BLOCKS:
        return confirm(submitted, now=now)
    issued_at = outcome.issued_at or now
    numbering = Numbering(outcome.number or "", shanghai_day(issued_at), qr_kind)
    return assign_number(submitted, numbering, now=now)


def _final(stored: StoredInvoice, invoice: Invoice, submission: Submission) -> _Effect:
    if invoice.authority.channel is NumberChannel.LOCAL_BLOCKS:
        return _Effect(stored, invoice, submission, invoice_confirmed(invoice), None)
    return _Effect(stored, invoice, submission, invoice_issued(replace(stored, invoice=invoice)), None)


def _delayed(stored: StoredInvoice, answer: Answer, state: AuthorityState, now: datetime) -> _Effect:
    """Announced when the state or its reason begins, not at every further attempt; the back-off begins then, too."""
    invoice, submission, error = stored.invoice, answer.submission, _error(answer.outcome)
    is_unknown = state is AuthorityState.OUTCOME_UNKNOWN
    is_new = invoice.authority.state is not state or _code(invoice.authority.last_error) != error.code
    delays = _UNKNOWN_DELAYS if is_unknown else _OPERATOR_DELAYS
    seconds = _delay(delays, 1 if is_new else submission.attempts)
    retry = Reschedule(submission, now + timedelta(seconds=seconds), is_unknown)
    if not is_new:
        return _Effect(stored, invoice, submission, None, retry)
    step = mark_outcome_unknown if is_unknown else wait_for_operator
    delayed = step(_submitted(invoice, now), error, now=now)
    event = invoice_authority_delayed(delayed, submission.attempts)
    return _Effect(stored, delayed, submission, event, retry)


def _code(error: AuthorityError | None) -> str | None:
    return None if error is None else error.code


def _submitted(invoice: Invoice, now: datetime) -> Invoice:
    is_fresh = invoice.authority.state is AuthorityState.NOT_SUBMITTED
    return submit(invoice, now=now) if is_fresh else invoice


def _is_submitted(invoice: Invoice) -> bool:
    return invoice.authority.state is AuthorityState.SUBMITTED


def _delay(delays: Sequence[float], attempts: int) -> float:
    return delays[min(attempts, len(delays)) - 1]


def _error(outcome: Outcome) -> AuthorityError:
    return outcome.error or AuthorityError("unknown", "The authority gave no reason.", "税务机关未说明原因。")


def _quota_moves(effect: _Effect) -> list[QuotaMove]:
    """Only invoices that wait for the authority's number hold a reservation; it counts in the month of its date."""
    stored, after = effect.before, effect.after
    if effect.retry is not None or after.authority.channel is NumberChannel.LOCAL_BLOCKS:
        return []
    month = period_of(shanghai_day(stored.created_at))
    is_issued = after.number is not None
    move = QuotaMove(
        stored.tenant,
        stored.taxpayer_id,
        month,
        stored.invoice.totals.amount if stored.quota_amount is None else stored.quota_amount,
        is_issued,
        is_reserved=stored.quota_amount is None,
    )
    dated = after.issue_date and period_of(after.issue_date)
    if dated in {None, month}:
        return [move]
    if not move.is_reserved:
        # A red invoice that got its number after its month frees nothing of a later one.
        return []
    return [replace(move, is_issued=False), replace(move, period=dated, is_reserved=False)]
