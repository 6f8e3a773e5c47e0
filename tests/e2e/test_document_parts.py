"""A document over the gateway in parts, as viewers and download managers fetch it, and what HEAD says of it."""

import time
import urllib.request
from email.message import Message
from typing import Any

import pytest

from tests.helpers.stack import RunningStack, wait_for_documents

pytestmark = [pytest.mark.stack]


def ask(stack: RunningStack, method: str, path: str, **headers: str) -> tuple[int, Message, bytes]:
    sent = {"Authorization": f"Bearer {stack.accounts['A'].api_key}"} | headers
    request = urllib.request.Request(stack.url + path, headers=sent, method=method)  # noqa: S310 - the gateway
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the gateway
        return answer.status, answer.headers, answer.read()


def test_document_is_described_by_head_and_fetched_in_parts(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    line: dict[str, Any] = {
        "name": "键盘",
        "tax_class_code": "1090511030000000000",
        "quantity": "1",
        "unit_price": "86.5",
        "tax_rate": "0.13",
    }
    body = {
        "kind": "digital_ordinary",
        "reference": f"PARTS-{time.time_ns()}",
        "buyer": {"name": "杭州喆思科技有限公司", "tax_id": "91420106MA4L123460"},
        "lines": [line],
    }
    invoice = client.post("/v1/invoices", body).expect(201)
    wait_for_documents(client, invoice["id"])
    for file_format in ("pdf", "ofd", "xml"):
        path = f"/v1/invoices/{invoice['id']}/documents/{file_format}"
        _, said, nothing = ask(stack, "HEAD", path)
        size, etag = int(said["content-length"]), said["etag"]
        assert nothing == b""
        assert said["accept-ranges"] == "bytes"
        status, headers, begin = ask(stack, "GET", path, Range="bytes=0-99")
        assert (status, headers["content-range"]) == (206, f"bytes 0-99/{size}")
        _, _, end = ask(stack, "GET", path, **{"Range": "bytes=100-", "If-Range": etag})
        _, _, whole = ask(stack, "GET", path)
        assert begin + end == whole
