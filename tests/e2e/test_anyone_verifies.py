"""Somebody without a credential asks over the gateway about the documents of every kind."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from services.invoice.domain.kinds import ENTITLEMENTS
from tests.e2e.test_documents import BODY
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack, wait_for_documents
from tests.unit.render_verification.altering import alter_part, alter_pdf, alter_text, resave

pytestmark = [pytest.mark.stack]

TYPES = {"pdf": "application/pdf", "ofd": "application/ofd", "xml": "application/xml"}


def verify(stack: RunningStack, media_type: str, body: bytes) -> dict[str, Any]:
    """Waits where the address has asked too often."""
    request = urllib.request.Request(  # noqa: S310 - the local gateway
        f"{stack.url}/v1/verifications", body, {"Content-Type": media_type}
    )

    def ask() -> dict[str, Any] | None:
        with suppress_busy(), urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - the local gateway
            answer: dict[str, Any] = json.load(response)
            return answer
        return None

    return wait_until(ask)


@contextmanager
def suppress_busy() -> Iterator[None]:
    """What was asked too often may be asked again; any other refusal fails the test."""
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 429:
                raise AssertionError(error.read().decode()) from error


def issue(stack: RunningStack, kind: str) -> tuple[dict[str, Any], dict[str, bytes]]:
    client = stack.accounts["A"].client
    wanted = BODY | {"kind": kind, "reference": f"VER-{time.time_ns()}"}
    invoice = wait_until(lambda: (a := client.post("/v1/invoices", wanted)).status == 201 and a.expect(201))
    return invoice, wait_for_documents(client, invoice["id"])


def altered_fields(answer: dict[str, Any]) -> list[tuple[str, str]]:
    assert answer["verdict"] == "altered"
    return [(each["field"], each["where"]) for each in answer["altered"]]


@pytest.mark.parametrize("kind", ENTITLEMENTS)
def test_documents_of_each_kind_are_told_from_altered_ones(stack: RunningStack, kind: str) -> None:
    invoice, documents = issue(stack, kind)
    for file_format, content in documents.items():
        answer = verify(stack, TYPES[file_format], content)
        assert (answer["verdict"], answer["is_original"]) == ("match", True)
        assert (answer["code"], answer["number"]) == (invoice["code"], invoice["number"])
    anew = verify(stack, TYPES["pdf"], resave(documents["pdf"]))
    assert (anew["verdict"], [hint["code"] for hint in anew["hints"]]) == ("match", ["re-saved"])
    face = verify(stack, TYPES["pdf"], alter_pdf(documents["pdf"], "1172.94", "9172.94"))
    assert altered_fields(face) == [("/totals/amount_with_tax", "face")]
    xml = verify(
        stack, TYPES["xml"], alter_text(documents["xml"], "91420106MA4L123460", "91420106MA4L123461")
    )
    assert altered_fields(xml) == [("/buyer/tax_id", "content")]
    page = "Doc_0/Pages/Page_0/Content.xml"
    ofd = alter_part(documents["ofd"], page, lambda part: part.replace(b">12<", b">13<"))
    assert altered_fields(verify(stack, TYPES["ofd"], ofd)) == [("/lines/0/quantity", "face")]
    asked = verify(stack, "application/json", json.dumps({"qr": invoice["qr_text"]}).encode())
    assert (asked["verdict"], asked["number"]) == ("match", invoice["number"])


def test_reversed_invoice_is_known_as_such_by_its_document(stack: RunningStack) -> None:
    invoice, documents = issue(stack, "digital_ordinary")
    client = stack.accounts["A"].client
    form = client.post(f"/v1/invoices/{invoice['id']}/red-forms", {"reason": "issued_in_error"}).expect(201)
    wait_until(lambda: client.post(f"/v1/red-forms/{form['id']}/issue", {}).status == 201)

    def is_reversed() -> dict[str, Any] | None:
        answer = verify(stack, TYPES["pdf"], documents["pdf"])
        return answer if answer["verdict"] == "reversed" else None

    answer = wait_until(is_reversed)
    assert (answer["reversal"], answer["is_original"], answer["status"]) == ("full", True, "issued")
