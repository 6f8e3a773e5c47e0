"""The running worker compares the books with the bureau's, and says so where Prometheus reads it."""

import asyncio
import re
import urllib.request
from uuid import uuid4

import pytest

from deploy.local.databases import connected
from deploy.local.postgres import superuser_url
from services.invoice.reconciler import RULES
from tests.e2e.test_whole_path import BODY
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack

pytestmark = [pytest.mark.stack]

COUNT_COMPARED = "select count(*) from day_checks where checked_at is not null and differs_since is null"


def read_metrics(stack: RunningStack) -> dict[str, float]:
    """The samples of the invoice service's worker."""
    port = (stack.stack.run / "invoice-worker-1.port").read_text("utf-8").strip()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return {name: float(value) for name, value in re.findall(r"^(openfapiao_\S+) (\S+)$", text, re.MULTILINE)}


async def count_compared(stack: RunningStack) -> int:
    """Days on which both sides have said the same."""
    port, password = stack.stack.port("OFP_POSTGRES_PORT"), stack.stack.credentials.get("postgres")
    async with connected(superuser_url(port, password, "ofp_invoice")) as connection:
        return int(await connection.fetchval(COUNT_COMPARED))


def test_books_of_a_running_stack_agree_with_each_other_and_with_the_bureau(stack: RunningStack) -> None:
    for account in stack.accounts.values():
        invoice = account.client.post("/v1/invoices", BODY | {"reference": f"BK-{uuid4().hex}"}).expect(201)
        account.client.get(f"/v1/invoices/{invoice['id']}?wait=confirmed&timeout=20").expect(200)
    rules = {f'openfapiao_invoice_mismatches{{rule="{rule}"}}' for rule in (*RULES, "bureau")}
    metrics = wait_until(lambda: (found := read_metrics(stack)).keys() >= rules and found)
    assert {name for name in rules if metrics[name]} == set()
    assert metrics["openfapiao_invoice_reconciliation_timestamp_seconds"] > 0
    wait_until(lambda: asyncio.run(count_compared(stack)) >= len(stack.accounts), timeout_seconds=90)
