"""Voids: the bureau marks an invoice on paper as voided in its month, unless the buyer or a red letter has it."""

from datetime import date, datetime
from sqlite3 import Connection
from typing import Any

from sandbox.bureau.clock import CHINA, Moment, to_rfc3339
from sandbox.bureau.correction_schemas import (
    VoidOrder,
)
from sandbox.bureau.judgement import name_kind
from sandbox.bureau.money import to_fen
from sandbox.bureau.rejections import Rejection
from sandbox.bureau.store.invoices import load_issued
from sandbox.bureau.store.quotas import free_quota
from sandbox.bureau.store.red_forms import LIVE, list_of_blue, load_content, load_usage
from sandbox.bureau.store.voids import load_void, save_void

PAPER = {"paper_special", "paper_ordinary"}
REFUSALS = {
    refusal.code: refusal
    for refusal in (
        Rejection("void-unknown", "The seller has no such invoice", "销方没有该发票"),
        Rejection("void-kind", "Only invoices on paper can be voided", "仅纸质发票可以作废"),
        Rejection("void-red", "A red invoice cannot be voided", "红字发票不能作废"),
        Rejection("void-used", "The buyer has used or booked the invoice", "购买方已用途确认或入账"),
        Rejection(
            "void-reversed", "A red-letter form or invoice has it", "该发票已被红字信息确认单占用或已红冲"
        ),
        Rejection("void-late", "The month of issue is over", "已超过开票当月"),
    )
}


def void(tx: Connection, order: VoidOrder, moment: Moment) -> dict[str, Any]:
    """Voided, now or earlier; or refused."""
    found = load_content(tx, order.whole_number)
    content = found[1] if found is not None and found[0] == order.seller else None
    voided_at = load_void(tx, order.whole_number)
    code = find_refusal(tx, order, content, moment) if voided_at is None else None
    if content is None or code is not None:
        return {"status": "refused", "error": REFUSALS[code or "void-unknown"]}
    if voided_at is None:
        voided_at = to_rfc3339(moment.now)
        save_void(tx, order.whole_number, voided_at)
        period = f"{day_of_issue(tx, order, content):%Y%m}"
        free_quota(tx, order.seller, period, to_fen(content["totals"]["amount"]))
    return {"status": "voided", "code": order.code, "number": order.number, "voided_at": voided_at}


def find_refusal(
    tx: Connection, order: VoidOrder, content: dict[str, Any] | None, moment: Moment
) -> str | None:
    """The code of the first rule that stands in the way."""
    if content is None:
        return "void-unknown"
    if name_kind(content["kind"]) not in PAPER:
        return "void-kind"
    if content.get("red") is not None:
        return "void-red"
    if load_usage(tx, order.whole_number) != "none":
        return "void-used"
    if any(form.at(moment).state in LIVE for form in list_of_blue(tx, order.whole_number)):
        return "void-reversed"
    is_in_time = f"{day_of_issue(tx, order, content):%Y%m}" == moment.period
    return None if is_in_time else "void-late"


def day_of_issue(tx: Connection, order: VoidOrder, content: dict[str, Any]) -> date:
    """As printed, or as the bureau has dated it."""
    if content.get("issue_date") is not None:
        return date.fromisoformat(content["issue_date"])
    item = load_issued(tx, order.whole_number)
    return datetime.fromisoformat((item and item.issued_at) or "").astimezone(CHINA).date()
