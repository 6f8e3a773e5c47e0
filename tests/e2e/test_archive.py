"""Documents on demand, drawn again and locked for long, over the gateway; an agent of the platform on the record."""

import asyncio
import json
import time

import pytest

from deploy.local.databases import connected
from deploy.local.demo.client import Client
from deploy.local.postgres import superuser_url
from tests.e2e.test_copies import BODY, sign_in_agent
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack, wait_for_documents

pytestmark = [pytest.mark.stack]


async def count_short_locked(stack: RunningStack) -> int:
    """Objects that documents refer to and of which the lock is not yet as long as it is to be."""
    port, password = stack.stack.port("OFP_POSTGRES_PORT"), stack.stack.credentials.get("postgres")
    async with connected(superuser_url(port, password, "ofp_render")) as connection:
        count: int = await connection.fetchval(
            "select count(*) from objects where locked_until < retain_until"
        )
        return count


def fetch(client: Client, path: str) -> bytes:
    """The document as soon as it is there."""
    content: bytes = wait_until(lambda: (a := client.get(path)).status == 200 and a.content)
    return content


def test_documents_are_made_on_demand_drawn_again_alike_and_locked_for_long(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    body = BODY | {"reference": f"ARCHIVE-{time.time_ns()}"}
    path = f"/v1/invoices/{client.post('/v1/invoices', body).expect(201)['id']}/documents"
    documents = wait_for_documents(client, path.split("/")[3])
    for name in ("json", "ubl"):
        assert fetch(client, f"{path}/{name}")
    again = client.post(f"{path}/pdf/regenerations", {"reason": "买方称文件损坏"}).expect(200)
    assert (again["version"], again["state"]) == (1, "ready")
    assert client.get(f"{path}/pdf").content == documents["pdf"]
    items = client.get(path).expect(200)["items"]
    assert sorted(item["format"] for item in items) == ["json", "ofd", "pdf", "ubl", "xml"]
    wait_until(lambda: asyncio.run(count_short_locked(stack)) == 0)


def test_agent_of_the_platform_reaches_a_tenants_documents_on_the_record(stack: RunningStack) -> None:
    account, agent = stack.accounts["A"], sign_in_agent(stack)
    body = BODY | {"reference": f"AGENT-{time.time_ns()}"}
    path = f"/v1/invoices/{account.client.post('/v1/invoices', body).expect(201)['id']}/documents"
    wait_for_documents(account.client, path.split("/")[3])
    tenant = account.tenant_id
    assert agent.get(f"{path}/pdf").status == 403
    assert agent.get(f"{path}/pdf?tenant_id={tenant}").status == 200
    asked = agent.post(f"{path}/ofd/regenerations?tenant_id={tenant}", {"reason": "客服核对"})
    assert asked.expect(200)["version"] == 1
    items = account.client.get(f"{path}/downloads").expect(200)["items"]
    assert items[0]["via"] == "support"
    assert items[0]["actor"].startswith("user:")


def test_term_of_the_archive_is_told_with_what_asks_for_it(stack: RunningStack) -> None:
    answer = stack.accounts["A"].client.get("/v1/archive/retention").expect(200)
    assert answer["years"] == 30
    assert "79" in json.dumps(answer["offered"], ensure_ascii=False)
