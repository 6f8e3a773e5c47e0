"""A lost copy: the tenant's ticket, an agent's order, a mail to the buyer, word of it to the owner."""

import json
import time
import urllib.request
from typing import Any

import pytest

from deploy.local.demo.client import Client
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack, wait_for_documents

pytestmark = [pytest.mark.stack]

BODY: dict[str, Any] = {
    "kind": "digital_ordinary",
    "buyer": {"name": "杭州喆思科技有限公司", "tax_id": "91420106MA4L123460"},
    "lines": [
        {"name": "键盘", "tax_class_code": "1090511030000000000", "tax_rate": "0.13", "amount": "100.00"}
    ],
}


def sign_in_agent(stack: RunningStack) -> Client:
    password = json.loads((stack.stack.local / "demo-state.json").read_text())["OFP_OPERATOR"]
    body = {"username": "platform.operator", "password": password}
    token = Client(stack.url, "").post("/v1/auth/sign-in", body).expect(200)["access_token"]
    return Client(stack.url, token)


def mails_to(stack: RunningStack, email: str) -> list[dict[str, Any]]:
    mailbox = f"http://127.0.0.1:{stack.stack.port('OFP_MAILBOX_PORT')}/messages?to={email}&limit=200"
    with urllib.request.urlopen(mailbox, timeout=10) as answer:
        items: list[dict[str, Any]] = json.loads(answer.read())["items"]
    return items


def test_copy_that_support_sends_reaches_the_buyer_and_the_owner_is_told(stack: RunningStack) -> None:
    client, run = stack.accounts["A"].client, f"{time.time_ns():x}"
    email = f"lost-{run}@example.cn"
    body = BODY | {"reference": f"LOST-{run}", "buyer": BODY["buyer"] | {"email": email}}
    invoice = client.post("/v1/invoices", body).expect(201)
    wait_for_documents(client, invoice["id"])
    opening = {"title": "文件丢失", "text": "请补发给买方", "invoice": invoice["id"], "category": "document"}
    ticket = wait_until(lambda: (a := client.post("/v1/tickets", opening)).status == 201 and a.json)
    wish = {"to": "buyer", "formats": ["ofd", "xml"], "reason": f"买方遗失了文件 {run}"}
    agent, path = sign_in_agent(stack), f"/v1/tickets/{ticket['id']}/copies"
    wait_until(lambda: agent.post(path, wish).status == 202)

    (mail,) = wait_until(lambda: mails_to(stack, email))
    assert [each["name"].rpartition(".")[2] for each in mail["attachments"]] == ["ofd", "xml"]
    told = wait_until(lambda: [m for m in mails_to(stack, "wuhan.accountant@example.cn") if run in m["text"]])
    assert len(told) == 1
    inbox = client.get("/v1/inbox?limit=200").expect(200)["items"]
    assert any(m["kind"] == "copy_requested" and run in m["text_zh"] for m in inbox)
    wanted = {"support.copy_requested.v1", "notify.delivery_sent.v1"}
    wait_until(lambda: wanted <= _types(client, invoice["id"]))


def _types(client: Client, invoice_id: str) -> set[str]:
    return {e["type"] for e in client.get(f"/v1/invoices/{invoice_id}/timeline").expect(200)["items"]}
