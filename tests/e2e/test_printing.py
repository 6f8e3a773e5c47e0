"""Invoices on paper over the gateway: what was issued a moment ago, as one file; nobody else's."""

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from deploy.local.demo.client import Client
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack, wait_for_documents
from tests.unit.render.poppler import text_of

pytestmark = [pytest.mark.stack]

LINE: dict[str, Any] = {
    "name": "键盘",
    "tax_class_code": "1090511030000000000",
    "unit": "个",
    "quantity": "2",
    "unit_price": "86.5",
    "tax_rate": "0.13",
}


def issue(client: Client, kind: str) -> dict[str, Any]:
    body = {
        "kind": kind,
        "reference": f"PRINT-{time.time_ns()}",
        "buyer": {"name": "杭州喆思科技有限公司", "tax_id": "91420106MA4L123460"},
        "lines": [LINE],
    }
    invoice: dict[str, Any] = wait_until(
        lambda: (a := client.post("/v1/invoices", body)).status == 201 and a.expect(201)
    )
    return invoice


@pytest.fixture(scope="module")
def invoices(stack: RunningStack) -> list[dict[str, Any]]:
    """Three of tenant A with their documents, of which one is of an older kind."""
    client = stack.accounts["A"].client
    issued = [issue(client, kind) for kind in ("digital_ordinary", "paper_ordinary", "digital_special")]
    for invoice in issued:
        wait_for_documents(client, invoice["id"])
    return issued


def test_batch_of_what_was_just_issued_comes_in_the_order_of_numbers(
    stack: RunningStack, invoices: list[dict[str, Any]], tmp_path: Path
) -> None:
    wish = {"invoice_ids": [invoice["id"] for invoice in invoices], "profile": "a5"}
    answer = stack.accounts["A"].client.post("/v1/print-batches", wish)
    assert answer.status == 200
    pages = text_of(answer.content, tmp_path).split("\f")[:-1]
    ordered = sorted(invoices, key=lambda invoice: f"{invoice['code'] or ''}{invoice['number']}")
    assert len(pages) == len(ordered)
    assert all(
        invoice["number"] in page and "杭州喆思科技有限公司" in page
        for invoice, page in zip(ordered, pages, strict=True)
    )


def test_every_profile_prints_and_has_its_test_page(
    stack: RunningStack, invoices: list[dict[str, Any]], tmp_path: Path
) -> None:
    client = stack.accounts["A"].client
    for profile in client.get("/v1/print-profiles").expect(200)["items"]:
        for invoice in invoices:
            printed = client.get(
                f"/v1/invoices/{invoice['id']}/documents/pdf?profile={profile['name']}&dx=1.5"
            )
            assert invoice["number"] in text_of(printed.content, tmp_path)
        assert "毫米" in text_of(client.get(profile["test_page"]).content, tmp_path)


def test_strangers_print_nothing_and_see_no_printers(
    stack: RunningStack, invoices: list[dict[str, Any]]
) -> None:
    stranger = stack.accounts["B"].client
    wish = {"invoice_ids": [invoice["id"] for invoice in invoices]}
    assert stranger.post("/v1/print-batches", wish).status == 422
    assert stranger.get(f"/v1/invoices/{invoices[0]['id']}/documents/pdf?profile=a4").status == 404
    save_printer(stack, "front")
    assert stack.accounts["A"].client.get("/v1/printers/front").status == 200
    names = [printer["name"] for printer in stranger.get("/v1/printers").expect(200)["items"]]
    assert "front" not in names
    assert stranger.get("/v1/printers/front").status == 404


def save_printer(stack: RunningStack, name: str) -> None:
    """One of tenant A's."""
    headers = {
        "Authorization": f"Bearer {stack.accounts['A'].api_key}",
        "Content-Type": "application/json",
    }
    content = json.dumps({"profile": "a4"}).encode()
    url = f"{stack.url}/v1/printers/{name}"
    request = urllib.request.Request(url, content, headers, method="PUT")  # noqa: S310 - the local gateway
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the local gateway
        assert answer.status == 200
