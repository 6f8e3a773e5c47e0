"""Voids at the bureau as a real process: what it voids, what it refuses, and that a repeat changes nothing."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from libs.common.clock import SHANGHAI
from tests.helpers.sandbox_programs import SandboxProgram
from tests.integration.test_sandbox_bureau import WUHAN, list_held, make_invoice, make_upload, order_numbers

TODAY = datetime.now(SHANGHAI).date()
# Past the end of any month that has begun.
NEXT_MONTH_SECONDS = 32 * 86_400


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[SandboxProgram]:
    program = SandboxProgram("bureau", tmp_path, OFP_BUREAU_HOLD_MILLIS=60_000)
    program.start()
    yield program
    program.stop()


def issue_paper(bureau: SandboxProgram, serial: str = "s-1", kind: str = "paper_special") -> dict[str, str]:
    """Uploaded and accepted; the order that would void it."""
    order = {"request_id": serial, "seller": WUHAN, "kind": kind, "count": 1}
    status, stock = bureau.post("/v1/stock", order)
    assert status == 200, stock
    fields = {"number": stock["first"], "code": stock["code"], "issue_date": TODAY.isoformat()}
    upload = make_invoice(serial, channel="local_blocks", kind=kind, **fields)
    status, answer = bureau.post("/v1/invoices", upload)
    assert (status, answer["status"]) == (200, "issued"), answer
    return {"seller": WUHAN, "code": stock["code"], "number": stock["first"]}


def void(bureau: SandboxProgram, order: dict[str, Any]) -> dict[str, Any]:
    status, answer = bureau.post("/v1/voids", order)
    assert status == 200, answer
    result: dict[str, Any] = answer
    return result


def refusal_of(bureau: SandboxProgram, order: dict[str, Any]) -> str:
    answer = void(bureau, order)
    assert answer["status"] == "refused"
    assert answer["error"]["text"]
    assert answer["error"]["text_zh"]
    return str(answer["error"]["code"])


def used_quota(bureau: SandboxProgram) -> str:
    return str(bureau.get(f"/v1/quota?seller={WUHAN}")[1]["used"])


def test_void_of_a_paper_invoice_is_kept_once_and_frees_quota(bureau: SandboxProgram) -> None:
    order = issue_paper(bureau)
    assert used_quota(bureau) == "100.00"
    answer = void(bureau, order)
    assert answer["status"] == "voided"
    assert void(bureau, order) == answer
    assert used_quota(bureau) == "0.00"
    [item] = list_held(bureau)
    assert (item["number"], item["code"], item["status"]) == (order["number"], order["code"], "voided")
    found = bureau.get(f"/v1/invoices?seller={WUHAN}&serial=s-1")[1]
    assert (found["status"], found["issued_at"] is None) == ("voided", False)


def test_void_of_an_invoice_that_the_buyer_has_used_is_refused(bureau: SandboxProgram) -> None:
    order = issue_paper(bureau)
    whole = order["code"] + order["number"]
    for usage in ("deducted", "booked"):
        bureau.post("/control/usage", {"number": whole, "usage": usage})
        assert refusal_of(bureau, order) == "void-used"
    bureau.post("/control/usage", {"number": whole, "usage": "none"})
    assert void(bureau, order)["status"] == "voided"


def test_void_after_the_month_by_the_bureaus_clock_is_refused(bureau: SandboxProgram) -> None:
    order = issue_paper(bureau)
    bureau.post("/control/clock", {"offset_seconds": NEXT_MONTH_SECONDS})
    assert refusal_of(bureau, order) == "void-late"
    bureau.post("/control/clock", {"offset_seconds": 0})
    assert void(bureau, order)["status"] == "voided"
    bureau.post("/control/clock", {"offset_seconds": NEXT_MONTH_SECONDS})
    assert void(bureau, order)["status"] == "voided", "what is voided stays so"


def test_void_of_what_is_not_on_paper_or_not_the_sellers_is_refused(bureau: SandboxProgram) -> None:
    [number] = order_numbers(bureau, 1)
    bureau.post("/v1/invoices", make_upload("s-1", number, issue_date=TODAY.isoformat()))
    digital = {"seller": WUHAN, "number": number}
    assert refusal_of(bureau, digital) == "void-kind"
    assert refusal_of(bureau, {"seller": WUHAN, "number": "12345678", "code": "4200261130"}) == "void-unknown"
    order = issue_paper(bureau, "s-2")
    assert refusal_of(bureau, order | {"seller": "91330106MA2XXXXX0A"}) == "void-unknown"
    status, problem = bureau.post("/v1/voids", {"seller": WUHAN, "number": "1"})
    assert (status, problem["code"]) == (422, "validation-failed")


def test_void_and_red_form_exclude_each_other(bureau: SandboxProgram) -> None:
    line = {"blue_line_no": 1, "amount": "-100.00", "tax": "-6.00"}
    totals = {"amount": "-100.00", "tax": "-6.00", "amount_with_tax": "-106.00"}
    form = {"seller": WUHAN, "serial": "f-1", "reason": "02", "lines": [line], "totals": totals}
    order = issue_paper(bureau)
    whole = order["code"] + order["number"]
    _, registered = bureau.post("/v1/red-forms", form | {"number": whole})
    assert registered["status"] == "registered"
    assert refusal_of(bureau, order) == "void-reversed"
    bureau.post("/v1/red-forms/actions", {"seller": WUHAN, "serial": "f-1", "action": "revoke"})
    assert void(bureau, order)["status"] == "voided"
    _, refused = bureau.post("/v1/red-forms", form | {"number": whole, "serial": "f-2"})
    assert (refused["status"], refused["error"]["code"]) == ("refused", "blue-voided")
    status, _ = bureau.post("/control/red-forms", {"number": whole, "action": "apply"})
    assert status == 409


def test_void_that_finds_the_bureau_down_does_nothing(bureau: SandboxProgram) -> None:
    order = issue_paper(bureau)
    bureau.post("/control/faults", {"mode": "down", "count": 1, "seller": WUHAN})
    with pytest.raises(ConnectionError):
        bureau.post("/v1/voids", order)
    assert list_held(bureau)[0]["status"] == "issued"
    assert void(bureau, order)["status"] == "voided"
