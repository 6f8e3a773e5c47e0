"""A paper invoice is voided through the whole stack: bureau, quota, ledger, mails, feed, inbox and timeline know."""

import hashlib
import json
import time
import urllib.request
from decimal import Decimal
from typing import Any

import pytest

from deploy.local.demo.documents import CHECKS
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack

pytestmark = [pytest.mark.stack]

BUYER = "ap-void@example.cn"
BODY: dict[str, Any] = {
    "kind": "paper_ordinary",
    "buyer": {"name": "杭州喆思科技有限公司", "tax_id": "91420106MA4L123460"},
    "lines": [
        {
            "name": "键盘",
            "tax_class_code": "1090511030000000000",
            "unit": "个",
            "quantity": "12",
            "unit_price": "86.5",
            "tax_rate": "0.13",
        }
    ],
    "deliver": {"channels": ["email"], "to": {"email": BUYER}},
}


def _json(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"})  # noqa: S310 - the local stack
    with urllib.request.urlopen(request) as response:  # noqa: S310
        return json.load(response)


def test_void_reaches_everybody_who_must_know(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    bureau = f"http://127.0.0.1:{stack.stack.port('OFP_BUREAU_PORT')}"
    mailbox = f"http://127.0.0.1:{stack.stack.port('OFP_MAILBOX_PORT')}/messages?to={BUYER}"
    body = BODY | {"reference": f"VOID-{time.time_ns()}"}
    invoice = wait_until(lambda: (a := client.post("/v1/invoices", body)).status == 201 and a.expect(201))
    path = f"/v1/invoices/{invoice['id']}"
    client.get(f"{path}?wait=confirmed&timeout=20").expect(200)
    wait_until(lambda: _json(mailbox)["items"])
    used = client.get("/v1/quota").expect(200)["used"]

    whole = invoice["code"] + invoice["number"]
    _json(f"{bureau}/control/usage", {"number": whole, "usage": "booked"})
    refused = client.post(f"{path}/void", {}).expect(409)
    assert (refused["code"], refused["reason_code"]) == ("invoice-not-voidable", "void-used")
    _json(f"{bureau}/control/usage", {"number": whole, "usage": "none"})
    voided = client.post(f"{path}/void", {"reason": "联次已全部收回"}).expect(200)
    assert (voided["status"], voided["voiding"]) == ("voided", None)

    left = client.get("/v1/quota").expect(200)["used"]
    assert Decimal(used) - Decimal(left) == Decimal(invoice["totals"]["amount"])
    seller = invoice["seller"]["tax_id"]
    held = _pages(f"{bureau}/control/invoices?seller={seller}&limit=1000")
    assert [item["status"] for item in held if item["serial"] == invoice["id"].replace("-", "")] == ["voided"]
    numbers = f"code={invoice['code']}&from={invoice['number']}&to={invoice['number']}"
    ledger = client.get(f"/v1/number-ledger?{numbers}").expect(200)
    assert (ledger["items"][0]["state"], ledger["unexplained"]) == ("voided", 0)
    listed = client.get("/v1/invoices?status=voided&consistent=true").expect(200)["items"]
    assert invoice["id"] in [item["id"] for item in listed]
    mails = wait_until(lambda: len(found := _json(mailbox)["items"]) == 2 and found)
    assert sum("已作废" in mail["subject"] for mail in mails) == 1
    wanted = {"invoice.issued.v1", "invoice.void_refused.v1", "invoice.voided.v1", "notify.delivery_sent.v1"}
    timeline = f"{path}/timeline"
    wait_until(lambda: wanted <= {step["type"] for step in client.get(timeline).expect(200)["items"]})
    wait_until(
        lambda: wanted <= {event["type"] for event in _feed(client) if event["subject"] == invoice["id"]}
    )
    kinds = [
        m["kind"] for m in client.get("/v1/inbox").expect(200)["items"] if m["invoice_id"] == invoice["id"]
    ]
    assert kinds.count("invoice_voided") == 1
    documents = wait_until(
        lambda: (
            len(found := client.get(f"{path}/documents").expect(200)["items"]) == 2 * len(CHECKS)
            and all(item["state"] == "ready" for item in found)
            and found
        )
    )
    hashes = {(item["format"], item["version"]): item["sha256"] for item in documents}
    for name, is_sound in CHECKS.items():
        newest = client.get(f"{path}/documents/{name}").content
        assert is_sound(newest, invoice["number"])
        assert hashlib.sha256(newest).hexdigest() == hashes[name, 2] != hashes[name, 1]
    shown = wait_until(lambda: _in_version(client.get(path).expect(200)["documents"], 2))
    assert {each["format"]: each["sha256"] for each in shown} == {n: hashes[n, 2] for n in CHECKS}


def _in_version(documents: list[dict[str, Any]], version: int) -> list[dict[str, Any]] | None:
    return documents if all(each["version"] == version for each in documents) else None


def _pages(url: str) -> list[dict[str, Any]]:
    """Of everything the stack's other tests have left at the bureau, too."""
    page = _json(url)
    items: list[dict[str, Any]] = page["items"]
    while page["next_cursor"] is not None:
        page = _json(f"{url}&cursor={page['next_cursor']}")
        items += page["items"]
    return items


def _feed(client: Any) -> list[dict[str, Any]]:
    """All of it."""
    events: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/v1/events?limit=200{cursor}").expect(200)
        events += page["items"]
        cursor = f"&after={page['next_cursor']}"
        if len(page["items"]) < 200:
            return events
