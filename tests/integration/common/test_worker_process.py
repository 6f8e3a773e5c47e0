"""A worker as it is run, with a broker of its own: what identifies a request everywhere, and a broker that freezes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.databases import connected
from deploy.local.process import wait_until
from deploy.local.topics import create_topics
from libs.common.db import transaction
from libs.common.events import decode_envelope
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.invoicing import NO_STORE, Issuing, issuing, make_body
from tests.helpers.kafka import read_topic
from tests.helpers.processes import Child, own_kafka, service
from tests.integration.common.gate import closed_gate
from tests.unit.common.making import TRACEPARENT

pytestmark = [pytest.mark.kafka]

UNPUBLISHED = "select count(*) from outbox where published_at is null"
SHOWN = "select count(*) from timeline_entries where type = 'invoice.issued.v1'"
OBSTACLE = """
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'a bug'; end $$;
create trigger obstacle before insert on timeline_entries for each row
when (new.request_id = 'erp-broken') execute function refuse()
"""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Child, str]]:
    with own_kafka(tmp_path_factory.mktemp("kafka")) as started:
        yield started


def start_worker(database: Database, bootstrap: str, folder: Path) -> Any:
    settings = {"database_url": database.worker, "kafka_bootstrap": bootstrap, **NO_STORE}
    return service("invoice", "worker", folder, **settings)


async def count(shop: Issuing, statement: str) -> int:
    async with transaction(shop.worker_pool) as tx:
        return int(await tx.fetchval(statement))


async def test_request_id_and_trace_context_reach_row_record_log_and_timeline(
    database: MakeDatabase, broker: tuple[Child, str], tmp_path: Path
) -> None:
    _, bootstrap = broker
    await create_topics(bootstrap)
    made = await database("invoice")
    async with issuing(made) as shop, connected(made.superuser) as superuser:
        await superuser.execute(OBSTACLE)
        with (
            service("invoice", "api", tmp_path, database_url=made.api, **NO_STORE) as api,
            start_worker(made, bootstrap, tmp_path) as worker,
        ):
            await api.until_ready()
            for request_id in ("erp-sound", "erp-broken"):
                answer = await issue(api.url, shop, request_id)
                assert answer.headers["x-request-id"] == request_id
            invoice = (await issue(api.url, shop, "erp-last")).json()
            await wait_until(lambda: is_shown(shop, 2), 60, "the views")
            timeline = (await shop.client.get(f"/v1/invoices/{invoice['id']}/timeline")).json()["items"]
            assert {entry["request_id"] for entry in timeline} == {"erp-last"}

            async def is_logged() -> bool:
                return bool(worker.child.lines("event_put_aside"))

            await wait_until(is_logged, 60, "the log")
            answered = api.child.lines("request_answered")
            assert [line["request_id"] for line in answered] == ["erp-sound", "erp-broken", "erp-last"]
            put_aside, *behind = worker.child.lines("event_put_aside")
            assert (put_aside["request_id"], put_aside["reason"]) == ("erp-broken", "failed")
            assert "a bug" in put_aside["exception"]
            assert {line["request_id"] for line in behind} <= {"erp-broken"}
            worker.child.terminate()
            assert await worker.child.wait(20) == 0
        expected = {(request_id, TRACEPARENT) for request_id in ("erp-sound", "erp-broken", "erp-last")}
        rows = await superuser.fetch("select correlation_id, traceparent from outbox")
        assert {tuple(row) for row in rows} == expected
        envelopes = [decode_envelope(r.headers) for r in await read_topic(bootstrap, "invoice.events")]
        mine = [envelope.correlation for envelope in envelopes if envelope.tenant == shop.tenant]
        assert {(correlation.id, correlation.traceparent) for correlation in mine} == expected


async def issue(url: str, shop: Issuing, request_id: str) -> httpx.Response:
    headers = {"x-request-id": request_id, "traceparent": TRACEPARENT, "idempotency-key": request_id}
    headers["authorization"] = shop.client.headers["authorization"]
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        answer = await client.post("/v1/invoices", json=make_body(reference=request_id))
        assert answer.status_code == 201
        return answer


async def is_shown(shop: Issuing, invoices: int) -> bool:
    return await count(shop, SHOWN) == invoices


async def test_worker_whose_broker_is_frozen_stops_in_time_and_loses_nothing(
    database: MakeDatabase, broker: tuple[Child, str], tmp_path: Path
) -> None:
    """Told to stop when the relay waits for acks and the consumer, past its transaction, for its offsets' commit."""
    kafka, bootstrap = broker
    await create_topics(bootstrap)
    made = await database("invoice")
    async with issuing(made) as shop:
        with start_worker(made, bootstrap, tmp_path) as worker:
            async with closed_gate(made.superuser) as gate:
                await gate.hold("timeline_entries", "insert")
                await shop.post(make_body())
                await gate.until_waiting()
                kafka.freeze()
                for _ in range(20):
                    assert (await shop.post(make_body())).status_code == 201
            await wait_until(lambda: is_shown(shop, 1), 60, "the views")
            worker.child.terminate()
            assert await worker.child.wait(20) == 0
            unsure = worker.child.lines("loop_round_failed")
            assert any("SendUnsure" in line.get("exception", "") for line in unsure)
            assert worker.child.lines("offsets_not_committed")
        assert await count(shop, UNPUBLISHED) >= 20
        kafka.thaw()
        with start_worker(made, bootstrap, tmp_path) as worker:
            await wait_until(lambda: is_shown(shop, 21), 60, "the views")
            assert await count(shop, UNPUBLISHED) == 0
            worker.child.terminate()
            assert await worker.child.wait(20) == 0
