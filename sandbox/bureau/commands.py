"""What changes the bureau's books: giving out blocks, receiving invoices. Each runs in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from sqlite3 import Connection

from sandbox.bureau.callbacks import Notice, tell_of_invoice
from sandbox.bureau.clock import Moment, to_rfc3339
from sandbox.bureau.faults import CALL_MODES, CALLBACK_MODES, INVOICE_MODES, Mode, find_magic_fault
from sandbox.bureau.judgement import find_rejection, name_kind
from sandbox.bureau.numbers import Channel, make_code
from sandbox.bureau.red_forms import find_red_rejection, note_red, quota_effect
from sandbox.bureau.rejections import REJECTIONS
from sandbox.bureau.schemas import (
    BlockAnswer,
    BlockOrder,
    InvoiceAnswer,
    StockAnswer,
    StockOrder,
    Submission,
)
from sandbox.bureau.store.blocks import is_allocated, load_block, save_block, take_numbers
from sandbox.bureau.store.faults import strike, take_fault
from sandbox.bureau.store.invoices import Item, count_submission, load_issued, load_item, save_item
from sandbox.bureau.store.quotas import use_quota
from sandbox.bureau.store.stock import is_in_stock, load_stock, save_stock, take_of_code
from sandbox.serving.problems import Conflict, ValidationFailed

ASKED_FOR = {Mode.QUOTA_REFUSED: "quota-exceeded", Mode.REJECT: "refused-on-request"}


@dataclass(frozen=True)
class Desk:
    """The bureau at work: its open transaction, its present, how long it takes to assign a number.

    `notices` are what is to be told unasked once the transaction is committed.
    """

    tx: Connection
    moment: Moment
    issue_delay_millis: int
    notices: list[Notice] = field(default_factory=list)


@dataclass(frozen=True)
class Reception:
    """What a call did, and how its answer is to be spoilt."""

    mode: Mode | None
    answers: tuple[InvoiceAnswer, ...]
    notices: tuple[Notice, ...] = ()


def allocate_block(desk: Desk, order: BlockOrder) -> BlockAnswer:
    """The next numbers of the seller's year; a repeated request id gets its block again."""
    earlier = load_block(desk.tx, order.request_id)
    if earlier is not None:
        if (earlier.seller, earlier.year, earlier.count) != (order.seller, order.year, order.count):
            raise Conflict("this request_id was used for another order")
        return earlier
    if abs(order.year - desk.moment.year) > 1:
        raise ValidationFailed(f"numbers are given out for {desk.moment.year} ± 1", pointer="/year")
    first, last = take_numbers(desk.tx, order.seller, order.year, Channel.LOCAL_BLOCKS, count=order.count)
    block = BlockAnswer(
        request_id=order.request_id,
        seller=order.seller,
        first=first,
        last=last,
        count=order.count,
        year=order.year,
    )
    save_block(desk.tx, block)
    return block


def allocate_stock(desk: Desk, order: StockOrder) -> StockAnswer:
    """The next numbers of this year's code; a repeated request id gets its block again."""
    earlier = load_stock(desk.tx, order.request_id)
    if earlier is not None:
        if (earlier.seller, earlier.kind, earlier.count) != (order.seller, order.kind, order.count):
            raise Conflict("this request_id was used for another order")
        return earlier
    code = make_code(desk.moment.year, order.kind, order.seller)
    first, last = take_of_code(desk.tx, code, count=order.count)
    stock = StockAnswer(
        request_id=order.request_id,
        seller=order.seller,
        kind=order.kind,
        code=code,
        first=f"{first:08d}",
        last=f"{last:08d}",
        count=order.count,
    )
    save_stock(desk.tx, stock)
    return stock


def receive_invoices(desk: Desk, invoices: Sequence[Submission]) -> Reception:
    """Judge each invoice in turn; nothing at all happens on a call that finds the bureau down."""
    mode = take_call_fault(desk, invoices)
    if mode is Mode.DOWN:
        return Reception(mode, ())
    answers = tuple(receive(desk, invoice) for invoice in invoices)
    return Reception(mode, answers, tuple(desk.notices))


def take_call_fault(desk: Desk, invoices: Sequence[Submission]) -> Mode | None:
    """An ordered fault first, then the magic words; `down` before the others, so that theirs are not used up."""
    for seller in sorted({invoice.seller for invoice in invoices}):
        ordered = take_fault(desk.tx, seller, CALL_MODES)
        if ordered is not None:
            return ordered
    for mode in CALL_MODES:
        struck = [take_magic_fault(desk, invoice, (mode,)) for invoice in invoices]
        if any(struck):
            return mode
    return None


def take_magic_fault(desk: Desk, invoice: Submission, modes: Sequence[Mode]) -> Mode | None:
    """The fault of these modes that the buyer's name asks for, while its strikes last."""
    magic = find_magic_fault(invoice.buyer.name)
    if magic is None or magic.mode not in modes:
        return None
    subject = invoice.whole_number or invoice.serial
    return magic.mode if strike(desk.tx, invoice.seller, subject, magic) else None


def receive(desk: Desk, invoice: Submission) -> InvoiceAnswer:
    """Judge one invoice; a serial that is settled is only counted and answered as a duplicate."""
    earlier = load_item(desk.tx, invoice.seller, invoice.serial)
    if earlier is not None and earlier.is_settled:
        again = count_submission(desk.tx, earlier)
        return again.answer(desk.moment, status="duplicate")
    mode = take_fault(desk.tx, invoice.seller, INVOICE_MODES) or take_magic_fault(
        desk, invoice, INVOICE_MODES
    )
    if mode is Mode.LOGIN_NEEDED:
        return refuse_session(desk, invoice, earlier)
    item = judge(desk, invoice, mode, submissions=earlier.submissions + 1 if earlier else 1)
    save_item(desk.tx, item, invoice)
    call_back(desk, invoice, item)
    return item.answer(desk.moment, status=name_status(item, mode, desk.moment))


def call_back(desk: Desk, invoice: Submission, item: Item) -> None:
    """Tell the platform of it unasked, where that is ordered."""
    if take_fault(desk.tx, invoice.seller, CALLBACK_MODES) or take_magic_fault(desk, invoice, CALLBACK_MODES):
        number = None if item.rejection else item.number
        wait = max(0, item.ready_at_millis - desk.moment.machine_millis)
        desk.notices.extend(tell_of_invoice(item.seller, item.serial, number, wait_millis=wait))


def name_status(item: Item, mode: Mode | None, moment: Moment) -> str | None:
    """How a fresh verdict is answered; None: as its state."""
    if mode is Mode.DUPLICATE and item.rejection is None:
        return "duplicate"
    if item.state(moment) == "pending":
        return "accepted"
    return "layout_failed" if mode is Mode.LAYOUT_FAILED and item.rejection is None else None


def refuse_session(desk: Desk, invoice: Submission, earlier: Item | None) -> InvoiceAnswer:
    """Nothing is kept until the operator has signed in."""
    if earlier is not None:
        return earlier.answer(desk.moment, status="login_needed")
    return InvoiceAnswer(
        seller=invoice.seller, serial=invoice.serial, status="login_needed", state="not_found"
    )


def judge(desk: Desk, invoice: Submission, mode: Mode | None, *, submissions: int) -> Item:
    """The verdict; only an accepted invoice uses quota and, on the bureau's own channel, a number."""
    is_assigned = invoice.channel is Channel.ASSIGNED_ON_ISSUE
    issue = desk.moment.later(desk.issue_delay_millis) if is_assigned else desk.moment
    code = (ASKED_FOR.get(mode) if mode else None) or find_rejection(invoice)
    code = code or find_number_rejection(desk.tx, invoice)
    code = code or find_red_rejection(desk.tx, invoice, desk.moment)
    period = name_period(invoice, issue)
    amount = quota_effect(desk.tx, invoice, period)
    code = code or use_quota(desk.tx, invoice.seller, period, amount)
    number = invoice.whole_number
    if code is None and is_assigned:
        number, _ = take_numbers(desk.tx, invoice.seller, issue.year, invoice.channel, count=1)
    if code is None:
        note_red(desk.tx, invoice, number, issue)
    return Item(
        seller=invoice.seller,
        serial=invoice.serial,
        rejection=REJECTIONS[code] if code else None,
        number=number,
        issued_at=None if code else to_rfc3339(issue.now),
        ready_at_millis=issue.machine_millis,
        submissions=submissions,
    )


def find_number_rejection(tx: Connection, invoice: Submission) -> str | None:
    """An uploaded number must be the seller's own and free; a refused invoice has not used it."""
    if invoice.number is None:
        return None
    number, whole = invoice.number, invoice.whole_number or ""
    if invoice.code is None:
        is_ours = is_allocated(tx, invoice.seller, number)
    else:
        is_ours = is_in_stock(tx, invoice.seller, name_kind(invoice.kind), invoice.code, number)
    if not is_ours:
        return "number-not-allocated"
    return "number-used" if load_issued(tx, whole) else None


def name_period(invoice: Submission, issue: Moment) -> str:
    """The month whose quota is used: that of the issue date."""
    return f"{invoice.issue_date:%Y%m}" if invoice.number and invoice.issue_date else issue.period
