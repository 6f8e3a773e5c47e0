"""An invoice through all services over the gateway: 201, PDF, list, mail, feed, inbox, timeline, bureau, ticket."""

import base64
import hashlib
import io
import json
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.demo.documents import CHECKS
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack, wait_for_documents

pytestmark = [pytest.mark.stack]

BODY: dict[str, Any] = {
    "kind": "digital_special",
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
}


@pytest.mark.parametrize("tenant", ["A", "B"])
def test_invoice_reaches_everybody_who_must_know(stack: RunningStack, tenant: str, tmp_path: Any) -> None:
    client = stack.accounts[tenant].client
    email = f"ap-{tenant.lower()}@example.cn"
    reference = f"WP-{tenant}-{time.time_ns()}"
    body = BODY | {"reference": reference, "deliver": {"channels": ["email"], "to": {"email": email}}}
    accepted = client.post("/v1/invoices", body).expect(201)
    assert accepted["status"] == ("issued" if tenant == "A" else "pending")
    path = f"/v1/invoices/{accepted['id']}"
    issued = client.get(f"{path}?wait=confirmed&timeout=20").expect(200)
    assert (issued["status"], issued["authority"]["state"]) == ("issued", "confirmed")

    documents = wait_for_documents(client, accepted["id"])
    items = client.get(f"{path}/documents").expect(200)["items"]
    hashes = {item["format"]: item["sha256"] for item in items}
    assert {name: hashlib.sha256(content).hexdigest() for name, content in documents.items()} == hashes
    assert all(CHECKS[name](content, issued["number"]) for name, content in documents.items())
    (tmp_path / "invoice.pdf").write_bytes(documents["pdf"])
    command = ["pdftotext", "-layout", str(tmp_path / "invoice.pdf"), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for printed in (issued["number"], "杭州喆思科技有限公司", "1172.94", "壹仟壹佰柒拾贰圆玖角肆分", "样票"):
        assert printed in text

    listed = client.get(f"/v1/invoices?reference={reference}&consistent=true").expect(200)["items"]
    assert [item["number"] for item in listed] == [issued["number"]]
    shown = wait_until(lambda: (i := client.get(path).expect(200)["documents"]) and i)
    assert {each["format"]: each["sha256"] for each in shown} == hashes

    mailbox = f"http://127.0.0.1:{stack.stack.port('OFP_MAILBOX_PORT')}/messages?to={email}"
    (mail,) = wait_until(lambda: _json(mailbox)["items"])
    assert issued["number"] in mail["text"]
    assert [attachment["sha256"] for attachment in mail["attachments"]] == [hashes[name] for name in CHECKS]

    steps = wait_until(
        lambda: (t := _types(client.get(f"{path}/timeline").expect(200))) and len(t) >= 4 and t
    )
    assert "notify.delivery_sent.v1" in steps
    events = _feed(client, accepted["id"])
    for publisher in ("invoice", "render", "notify"):
        sequences = [int(e["sequence"]) for e in events if e["source"].endswith(publisher)]
        assert sequences == list(range(1, len(sequences) + 1)), publisher
    inbox = client.get("/v1/inbox?limit=200").expect(200)["items"]
    assert any(issued["number"] in json.dumps(message, ensure_ascii=False) for message in inbox)


def test_export_holds_each_document_and_the_seal_of_the_platform(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    reference = f"EX-{uuid4().hex}"
    invoice = client.post("/v1/invoices", BODY | {"reference": reference}).expect(201)
    path = f"/v1/invoices/{invoice['id']}/documents"
    items = wait_until(lambda: (a := client.get(path)).status == 200 and _all_ready(a.json["items"]))
    export = client.post("/v1/exports", {"filter": {"reference": reference}}).expect(202)
    address = f"/v1/exports/{export['id']}"
    wait_until(lambda: client.get(address).expect(200)["status"] == "finished")
    with zipfile.ZipFile(io.BytesIO(client.get(f"{address}/file").content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        files = [file for file in manifest["files"] if "invoice_id" in file]
        found = {file["format"]: hashlib.sha256(archive.read(file["name"])).hexdigest() for file in files}
    assert found == {item["format"]: item["sha256"] for item in items}
    (listed,) = manifest["invoices"]
    sealed = json.loads(base64.b64decode(listed["seal"]["payload"]))
    assert sealed["number"] == invoice["number"]
    assert {each["format"]: each["sha256"] for each in sealed["documents"]} == found


def _all_ready(items: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    return items if items and all(item["state"] == "ready" for item in items) else None


def test_ticket_carries_the_facts_of_its_invoice(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    invoice = client.post("/v1/invoices", BODY | {"reference": f"E-{uuid4().hex}"}).expect(201)
    body = {"title": "请补发发票", "text": "客户没有收到邮件", "invoice": invoice["number"]}
    ticket = wait_until(lambda: (a := client.post("/v1/tickets", body)).status == 201 and a.json)
    shown = client.get(f"/v1/tickets/{ticket['id']}").expect(200)
    assert invoice["number"] in json.dumps(shown)


def test_answers_carry_the_request_id_of_the_caller(stack: RunningStack) -> None:
    headers = {"X-Request-Id": "erp-1"}
    request = urllib.request.Request(f"{stack.url}/v1/invoices", headers=headers)  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310 - the local gateway
    with refused.value as answer:
        assert (answer.code, answer.headers["X-Request-Id"]) == (401, "erp-1")
        assert json.loads(answer.read())["request_id"] == "erp-1"


def _json(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:  # noqa: S310 - the local sandbox
        return json.loads(response.read())


def _types(timeline: Any) -> list[str]:
    return [entry["type"] for entry in timeline["items"]]


def _feed(client: Any, subject: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = client.get(f"/v1/events?limit=200{cursor}").expect(200)
        found += [event for event in page["items"] if event["subject"] == subject]
        if not page["items"]:
            return found
        cursor = f"&after={page['next_cursor']}"
