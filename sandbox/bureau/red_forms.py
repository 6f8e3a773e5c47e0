"""What the bureau does with red-letter forms: registers them, moves them, and holds red invoices against them."""

import secrets
from dataclasses import replace
from datetime import datetime
from sqlite3 import Connection
from typing import Any

import msgspec

from sandbox.bureau.clock import CHINA, Moment, to_rfc3339
from sandbox.bureau.correction_schemas import (
    FormApplication,
    FormLine,
)
from sandbox.bureau.money import to_fen, to_text
from sandbox.bureau.numbers import Channel, split_number
from sandbox.bureau.schemas import (
    Submission,
    Totals,
)
from sandbox.bureau.store.blocks import take_numbers
from sandbox.bureau.store.invoices import Item, load_issued, save_item
from sandbox.bureau.store.quotas import use_quota
from sandbox.bureau.store.red_forms import (
    LIVE,
    Form,
    list_of_blue,
    load_confirmed,
    load_content,
    load_form,
    load_usage,
    mark_issued,
    next_confirmation_number,
    save_form,
)
from sandbox.bureau.store.voids import load_void
from sandbox.serving.problems import Conflict, NotFound

# Who does what in which state, and what comes of it.
STEPS = {
    ("seller", "confirm", "03"): "04",
    ("seller", "reject", "03"): "06",
    ("seller", "revoke", "01"): "08",
    ("seller", "revoke", "02"): "08",
    ("seller", "revoke", "04"): "09",
    ("buyer", "confirm", "02"): "04",
    ("buyer", "reject", "02"): "05",
    ("buyer", "revoke", "03"): "08",
    ("buyer", "revoke", "04"): "09",
}


def apply(
    tx: Connection, order: FormApplication, moment: Moment, *, initiator: str = "seller"
) -> dict[str, Any]:
    """Register a form; a repeated serial gets the form it has."""
    earlier = load_form(tx, order.seller, order.serial)
    if earlier is not None:
        return earlier.answer(moment)
    found = load_content(tx, order.number)
    if found is None or found[0] != order.seller:
        return {"status": "unknown_invoice", "seller": order.seller, "serial": order.serial}
    _, blue = found
    if load_void(tx, order.number) is not None:
        return refusal(order, "blue-voided", "The invoice is voided", "该发票已作废")
    if blue.get("red") is not None:
        return refusal(order, "red-of-red", "A red invoice cannot be reversed", "红字发票不能冲红")
    if exceeds(tx, order.number, blue, order.lines, moment):
        return refusal(
            order, "red-exceeds-blue", "More than is left of the blue invoice", "超过蓝字发票可冲红余额"
        )
    is_free = load_usage(tx, order.number) == "none"
    form = Form(
        seller=order.seller,
        serial=order.serial,
        uuid=secrets.token_hex(16),
        confirmation_number=next_confirmation_number(tx, moment),
        blue_number=order.number,
        initiator=initiator,
        state=("01" if is_free else "02") if initiator == "seller" else "03",
        reason=order.reason,
        amount=to_fen(order.totals.amount),
        tax=to_fen(order.totals.tax),
        applied_at=to_rfc3339(moment.now),
        red_number=None,
        red_issued_at=None,
        lines=[as_dict(line) for line in order.lines],
    )
    return save_form(tx, form).answer(moment)


def apply_as_buyer(tx: Connection, number: str, moment: Moment) -> Form:
    """The buyer asks for all that is left."""
    found = load_content(tx, number)
    if found is None:
        raise NotFound("no invoice has this number")
    seller, blue = found
    left = list_left(tx, number, blue, moment)
    lines = [
        FormLine(blue_line_no=line_no, amount=to_text(-amount), tax=to_text(-tax))
        for line_no, (amount, tax) in left.items()
        if amount or tax
    ]
    if not lines:
        raise Conflict("nothing is left of this invoice")
    order = FormApplication(
        seller=seller,
        serial=secrets.token_hex(16),
        number=number,
        reason="02",
        lines=lines,
        totals=total_of(lines),
    )
    apply(tx, order, moment, initiator="buyer")
    return load_form(tx, seller, order.serial) or refuse_step("apply")


def act(tx: Connection, form: Form, party: str, action: str, moment: Moment) -> Form:
    """One side's step; raises Conflict where the form's state does not allow it."""
    form = form.at(moment)
    state = STEPS.get((party, action, form.state))
    if state is None or form.red_number is not None:
        raise Conflict(f"a form in state {form.state} does not allow this")
    return save_form(tx, replace(form, state=state))


def act_as_buyer(tx: Connection, number: str, action: str, moment: Moment) -> Form:
    """The buyer's hand on the invoice's newest form that allows it; or the bureau issues the red invoice itself."""
    if action == "apply":
        return apply_as_buyer(tx, number, moment)
    forms = [form.at(moment) for form in list_of_blue(tx, number)]
    if action == "issue" and split_number(number)[0] is not None:
        raise Conflict("the bureau issues no invoice of the seller's stock")
    if action == "issue":
        ready = [form for form in forms if form.state in {"01", "04"} and form.red_number is None]
        return issue_by_bureau(tx, ready[-1], moment) if ready else refuse_step(action)
    able = [form for form in forms if ("buyer", action, form.state) in STEPS and form.red_number is None]
    return act(tx, able[-1], "buyer", action, moment) if able else refuse_step(action)


def refuse_step(action: str) -> Form:
    raise Conflict(f"no form of this invoice allows: {action}")


def issue_by_bureau(tx: Connection, form: Form, moment: Moment) -> Form:
    """A red invoice that nobody submitted; it stands in the books as any other."""
    number, _ = take_numbers(tx, form.seller, moment.year, Channel.ASSIGNED_ON_ISSUE, count=1)
    invoice = write_red(tx, form)
    use_quota(tx, form.seller, moment.period, quota_effect(tx, invoice, moment.period))
    issued_at, ready_at = to_rfc3339(moment.now), moment.machine_millis
    save_item(tx, Item(form.seller, form.uuid, None, number, issued_at, ready_at, 0), invoice)
    return mark_issued(tx, form, number, moment.now)


def write_red(tx: Connection, form: Form) -> Submission:
    """What the form says, in the words of its blue invoice."""
    found = load_content(tx, form.blue_number)
    if found is None:
        raise NotFound("no invoice has this number")
    _, blue = found
    names = {line.get("line_no") or place: line for place, line in enumerate(blue["lines"], start=1)}
    kept = ("name", "tax_class_code", "tax_rate")
    lines = [{name: names[line["blue_line_no"]][name] for name in kept} | line for line in form.lines]
    content = {
        "channel": Channel.ASSIGNED_ON_ISSUE,
        "seller": form.seller,
        "serial": form.uuid,
        "kind": blue["kind"],
        "buyer": blue["buyer"],
        "lines": lines,
        "totals": as_dict(total_of([msgspec.convert(line, FormLine) for line in form.lines])),
        "red": {"blue_number": form.blue_number, "confirmation_number": form.confirmation_number},
    }
    return msgspec.convert(content, Submission)


def find_red_rejection(tx: Connection, invoice: Submission, moment: Moment) -> str | None:
    """A red invoice needs a form that is ready and says the same; a blue one is not negative."""
    if invoice.red is None:
        return "red-form-missing" if to_fen(invoice.totals.amount_with_tax) < 0 else None
    form = load_confirmed(tx, invoice.seller, invoice.red.confirmation_number)
    if form is None or form.blue_number != invoice.red.blue_number:
        return "red-form-unknown"
    if form.at(moment).state not in {"01", "04"} or form.red_number is not None:
        return "red-form-not-ready"
    is_same = (to_fen(invoice.totals.amount), to_fen(invoice.totals.tax)) == (form.amount, form.tax)
    return None if is_same else "red-form-differs"


def note_red(tx: Connection, invoice: Submission, number: str | None, moment: Moment) -> None:
    """The accepted red invoice uses its form up."""
    if invoice.red is not None and number is not None:
        form = load_confirmed(tx, invoice.seller, invoice.red.confirmation_number)
        if form is not None:
            mark_issued(tx, form, number, moment.now)


def quota_effect(tx: Connection, invoice: Submission, period: str) -> int:
    """Fen of the month: a red invoice of an earlier month's blue one frees nothing."""
    amount = to_fen(invoice.totals.amount)
    if invoice.red is None:
        return amount
    return amount if month_of(tx, invoice.red.blue_number) in {period, None} else 0


def month_of(tx: Connection, number: str) -> str | None:
    """In which an invoice that is held was issued: its own date says so, else the moment at which it was numbered."""
    found, item = load_content(tx, number), load_issued(tx, number)
    if found is None or item is None or item.issued_at is None:
        return None
    issued = datetime.fromisoformat(item.issued_at).astimezone(CHINA)
    return str(found[1].get("issue_date") or f"{issued:%Y-%m}")[:7].replace("-", "")


def list_left(
    tx: Connection, number: str, blue: dict[str, Any], moment: Moment
) -> dict[int, tuple[int, int]]:
    """Fen of amount and tax that no live form holds, by blue line; a discount belongs to the line before it."""
    left: dict[int, tuple[int, int]] = {}
    last = 0
    for place, line in enumerate(blue["lines"], start=1):
        last = last if line.get("nature") == "discount" else line.get("line_no") or place
        amount, tax = left.get(last, (0, 0))
        left[last] = (amount + to_fen(line["amount"]), tax + to_fen(line["tax"]))
    for form in list_of_blue(tx, number):
        for taken in form.lines if form.at(moment).state in LIVE else ():
            amount, tax = left.get(taken["blue_line_no"], (0, 0))
            left[taken["blue_line_no"]] = (amount + to_fen(taken["amount"]), tax + to_fen(taken["tax"]))
    return left


def exceeds(tx: Connection, number: str, blue: dict[str, Any], lines: list[FormLine], moment: Moment) -> bool:
    """Whether any line would take more than is left of it."""
    left = list_left(tx, number, blue, moment)
    return any(
        line.blue_line_no not in left
        or left[line.blue_line_no][0] + to_fen(line.amount) < 0
        or left[line.blue_line_no][1] + to_fen(line.tax) < 0
        for line in lines
    )


def refusal(order: FormApplication, code: str, text: str, text_zh: str) -> dict[str, Any]:
    error = {"code": code, "text": text, "text_zh": text_zh}
    return {"status": "refused", "seller": order.seller, "serial": order.serial, "error": error}


def as_dict(part: FormLine | Totals) -> dict[str, Any]:
    return {name: getattr(part, name) for name in part.__struct_fields__}


def total_of(lines: list[FormLine]) -> Totals:
    """Plain sums."""
    amount, tax = sum(to_fen(line.amount) for line in lines), sum(to_fen(line.tax) for line in lines)
    return Totals(amount=to_text(amount), tax=to_text(tax), amount_with_tax=to_text(amount + tax))
