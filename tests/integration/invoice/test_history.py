"""The history of fields: who changed what, and a chain that shows tampering."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from libs.common.db import transaction
from services.invoice.commands.record_history import chain_history
from services.invoice.consumers import HANDLERS
from services.invoice.queries.history import Verdict, verify_history
from tests.helpers.databases import MakeDatabase
from tests.helpers.delivery import deliver, take_records
from tests.helpers.invoicing import Issuing, issuing, make_body

TAMPERINGS = {
    "a new value": ("""update invoice_history set new = '["forged"]' where field = 'tags'""", 4),
    "another actor": ("update invoice_history set actor = 'user:nobody' where position = 2", 2),
    "another time": ("update invoice_history set time = time + interval '1 second' where position = 3", 3),
    "a row removed": ("delete from invoice_history where position = 2", 2),
    "the first row removed": ("delete from invoice_history where position = 1", 1),
    "the last row removed": ("delete from invoice_history where position = 5", 5),
    "all removed": ("delete from invoice_history", 1),
}


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def show(shop: Issuing) -> None:
    await deliver(shop.worker_pool, HANDLERS, await take_records(shop.worker_pool))
    async with transaction(shop.worker_pool) as tx:
        assert await chain_history(tx) is False


async def issue_and_mark(shop: Issuing) -> str:
    """Five rows of history: status, number, authority_state, tags, notes."""
    invoice = str((await shop.post(make_body(tags=["a"]))).json()["id"])
    headers = {"x-request-id": "request-of-the-tag"}
    await shop.client.post(f"/v1/invoices/{invoice}/tags", json={"tags": ["b"]}, headers=headers)
    await shop.client.post(f"/v1/invoices/{invoice}/notes", json={"text": "看过"})
    await show(shop)
    return invoice


async def history(shop: Issuing, invoice: str, **parameters: Any) -> Any:
    response = await shop.client.get(f"/v1/invoices/{invoice}/history", params=parameters)
    assert response.status_code == 200, response.text
    return response.json()


async def test_history_tells_each_field_with_actor_and_request(shop: Issuing) -> None:
    invoice = await issue_and_mark(shop)
    items = (await history(shop, invoice))["items"]
    assert [item["field"] for item in items] == ["status", "number", "authority_state", "tags", "notes"]
    status, _, _, tags, notes = items
    assert (status["old"], status["new"]) == (None, "issued")
    assert (tags["old"], tags["new"], tags["request_id"]) == (["a"], ["a", "b"], "request-of-the-tag")
    assert notes["new"] == "看过"
    assert all(item["actor"].startswith("api_key:") for item in items)
    assert [item["position"] for item in items] == [1, 2, 3, 4, 5]


async def test_history_pages_and_keeps_to_one_invoice(shop: Issuing) -> None:
    first, second = await issue_and_mark(shop), await issue_and_mark(shop)
    page = await history(shop, second, limit=3)
    rest = await history(shop, second, limit=3, cursor=page["next_cursor"])
    assert [item["position"] for item in page["items"] + rest["items"]] == [6, 7, 8, 9, 10]
    assert rest["next_cursor"] is None
    assert len((await history(shop, first))["items"]) == 5
    assert (await shop.client.get(f"/v1/invoices/{uuid4()}/history")).status_code == 404


async def test_history_delivered_twice_is_written_once(shop: Issuing) -> None:
    await shop.post(make_body())
    records = await take_records(shop.worker_pool)
    for _ in range(2):
        await deliver(shop.worker_pool, HANDLERS, records)
    await show(shop)
    assert await verify_history(shop.worker_pool, shop.tenant) == Verdict(3, None)


LOAD_ROWS = "select h::text as row from {} h order by 1"
KEPT = (
    "invoice_history",
    "history_heads",
    "timeline_entries",
    "invoice_views",
    "invoice_terms",
    "invoice_counts",
)
FORGET_PROGRESS = "delete from inbox"
FORGET_VIEWS = (
    "truncate invoice_views, invoice_terms, invoice_counts, archived_documents, timeline_entries, buyers"
)


async def load_rows(shop: Issuing) -> dict[str, list[str]]:
    """All that the history and the views hold."""
    async with transaction(shop.worker_pool) as tx:
        return {name: [row["row"] for row in await tx.fetch(LOAD_ROWS.format(name))] for name in KEPT}


@pytest.mark.parametrize("forgotten", [(FORGET_PROGRESS,), (FORGET_PROGRESS, FORGET_VIEWS)])
async def test_replay_from_the_first_event_leaves_chain_and_views_as_they_were(
    shop: Issuing, forgotten: tuple[str, ...]
) -> None:
    first = await issue_and_mark(shop)
    await shop.client.delete(f"/v1/invoices/{first}/tags/a")
    await issue_and_mark(shop)
    connection = await asyncpg.connect(shop.superuser)
    try:
        before = await load_rows(shop)
        for statement in forgotten:
            await connection.execute(statement)
        await connection.execute("update outbox set published_at = null")
    finally:
        await connection.close()
    await show(shop)
    assert await load_rows(shop) == before
    assert await verify_history(shop.worker_pool, shop.tenant) == Verdict(11, None)


async def test_history_of_a_tenant_without_one_is_whole(shop: Issuing) -> None:
    assert await verify_history(shop.worker_pool, shop.tenant) == Verdict(0, None)


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_history_tampering_is_found(shop: Issuing, tampering: str) -> None:
    statement, position = TAMPERINGS[tampering]
    await issue_and_mark(shop)
    assert await verify_history(shop.worker_pool, shop.tenant) == Verdict(5, None)
    connection = await asyncpg.connect(shop.superuser)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
    assert (await verify_history(shop.worker_pool, shop.tenant)).broken_at == position


async def test_history_cannot_be_changed_by_the_services_own_roles(shop: Issuing) -> None:
    await issue_and_mark(shop)
    for pool, tenant in ((shop.worker_pool, None), (shop.api_pool, shop.tenant)):
        for statement in ("delete from invoice_history", "update invoice_history set actor = 'x'"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with transaction(pool, tenant) as tx:
                    await tx.execute(statement)


@pytest.mark.parametrize("is_broken", [False, True])
async def test_verify_history_command_tells_whether_the_chain_is_whole(
    database: MakeDatabase, is_broken: bool
) -> None:
    made = await database("invoice")
    async with issuing(made) as shop:
        await issue_and_mark(shop)
        if is_broken:
            connection = await asyncpg.connect(shop.superuser)
            await connection.execute("update invoice_history set reason = 'x' where position = 2")
            await connection.close()
        command = (sys.executable, "-m", "services.invoice", "verify-history", "--tenant", str(shop.tenant))
        process = await asyncio.create_subprocess_exec(
            *command, env=os.environ | {"OFP_DATABASE_URL": made.worker}, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    expected = (
        "the row at position 2 was changed, moved or removed" if is_broken else "5 rows, the chain is whole"
    )
    assert (process.returncode, output.decode().strip()) == (int(is_broken), expected)
