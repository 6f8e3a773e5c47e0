"""The object store's bad days: frozen, then killed and away, while invoices are issued; on a stack of its own."""

import hashlib
import logging
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psutil
import pytest

from deploy.local.databases import SERVICES
from deploy.local.demo.client import Client
from tests.e2e.test_copies import BODY, mails_to
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import running_stack
from tests.helpers.store_outage import PATIENCE_SECONDS, Refusal, Shop, Site

# `OFP_STORE_DOWN=60` is the whole proof, see docs/archive.md.
DOWN_SECONDS = float(os.environ.get("OFP_STORE_DOWN", "8"))
DOWNLOADS = 200
FORMATS = ("ofd", "pdf", "xml")
# The clients of the object store in one process have so many threads, and as many connections for writing.
STORE_CONNECTIONS = 16
FRAMEWORK_THREADS = 40
GATEWAY_CONNECTIONS = 256
COUNT_DEAD = "select count(*) from dead_letters"
LIST_DOCUMENTS = "select invoice_id::text as id, format, version, state, sha256 from documents"
COUNT_DELIVERIES = "select state, count(*) from deliveries group by state"
PENDING = "openfapiao_documents_pending"

log = logging.getLogger(__name__)
pytestmark = [pytest.mark.stack, pytest.mark.timeout(600 + 10 * DOWN_SECONDS)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Not the stack of the other tests: what they read from the archive would be held up."""
    with running_stack(tmp_path_factory.mktemp("store-down")) as running:
        yield Site(running)


def is_in_inbox(client: Client, invoice: str) -> bool:
    items = client.get("/v1/inbox?limit=200").expect(200)["items"]
    return any(invoice in str(item) for item in items)


def make_export(client: Client, tag: str) -> str:
    order: str = client.post("/v1/exports", {"filter": {"tag": tag}}).expect(202)["id"]
    return f"/v1/exports/{order}"


def wait_for_export(client: Client, export: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = client.get(export).expect(200)
        return found if found["status"] in {"finished", "failed"} else None

    made: dict[str, Any] = wait_until(look, timeout_seconds=PATIENCE_SECONDS)
    return made


def check_answers_without_store(site: Site, client: Client, *, ready: str, pending: str) -> None:
    """What needs no bytes of the archive goes on; what has no documents yet says so."""
    path = f"/v1/invoices/{pending}/documents/pdf"
    waiting = wait_until(lambda: (a := client.get(path)).status != 404 and a)
    assert waiting.expect(202)["state"] == "pending"
    states = client.get(f"/v1/invoices/{ready}/documents").expect(200)["items"]
    assert {item["state"] for item in states} == {"ready"}
    assert client.get(f"/v1/invoices/{ready}/documents/pdf?profile=a5").status == 200
    assert client.get(f"/v1/invoices/{ready}/documents/pdf?link=true").status == 200
    wait_until(lambda: is_in_inbox(client, pending), timeout_seconds=PATIENCE_SECONDS)
    wait_until(lambda: site.metric("render-worker-1", PENDING) > 0, timeout_seconds=PATIENCE_SECONDS)


def check_downloads_are_refused(site: Site, invoice: str, export: str) -> None:
    """All at once, each in a time that does not grow with their number, and nothing of them stays behind."""
    api = psutil.Process(site.pid("render-api-1"))
    threads, descriptors, memory = api.num_threads(), api.num_fds(), api.memory_info().rss
    paths = [f"/v1/invoices/{invoice}/documents/pdf"] * DOWNLOADS + [f"{export}/file"]
    with ThreadPoolExecutor(len(paths)) as clients:
        *documents, archive = clients.map(site.ask, paths)
    assert {(problem[:3], problem.retry_after >= 1) for problem in documents if problem} == {
        ((503, "object-store-unavailable", True), True)
    }
    assert None not in documents
    assert archive == Refusal(503, "export-target-unavailable", True, 5)
    store = site.running.stack.port("OFP_S3_PORT")
    held = [each for each in api.net_connections() if each.raddr and each.raddr.port == store]
    assert len(held) <= STORE_CONNECTIONS
    assert api.num_threads() <= threads + STORE_CONNECTIONS + FRAMEWORK_THREADS
    assert api.num_fds() <= descriptors + STORE_CONNECTIONS + GATEWAY_CONNECTIONS
    assert api.memory_info().rss <= 2 * memory


def check_nothing_is_lost(site: Site, shop: Shop) -> None:
    """Every document once, with its bytes; every mail once; nothing put aside."""
    client = shop.client
    issued = [answer.expect(201) for answer in shop.every_answer()]
    assert {invoice["status"] for invoice in issued} == {"issued"}
    wanted = {(invoice["id"], name, 1, "ready") for invoice in issued for name in FORMATS}

    def list_rows() -> list[Any]:
        return site.rows("render", LIST_DOCUMENTS)

    wait_until(
        lambda: len(rows := list_rows()) >= len(wanted) and all(row["state"] == "ready" for row in rows),
        timeout_seconds=PATIENCE_SECONDS,
    )
    rows = list_rows()
    assert {(row["id"], row["format"], row["version"], row["state"]) for row in rows} == wanted
    assert len(rows) == len(wanted)

    def hash_of(row: Any) -> str:
        answer = client.get(f"/v1/invoices/{row['id']}/documents/{row['format']}")
        return hashlib.sha256(answer.content).hexdigest()

    with ThreadPoolExecutor(4) as clients:
        assert list(clients.map(hash_of, rows)) == [row["sha256"] for row in rows]
    sent = {"sent": len(issued)}
    wait_until(
        lambda: dict(map(tuple, site.rows("notify", COUNT_DELIVERIES))) == sent,
        timeout_seconds=PATIENCE_SECONDS,
    )
    for invoice in issued[::10]:
        email = f"down-{invoice['reference'].partition('-')[2]}@example.cn"
        (mail,) = mails_to(site.running, email)
        assert len(mail["attachments"]) == len(FORMATS)
    wait_until(lambda: site.metric("render-worker-1", PENDING) == 0)
    assert {service: site.rows(service, COUNT_DEAD)[0][0] for service in SERVICES} == dict.fromkeys(
        SERVICES, 0
    )


def wait_out(began: float) -> None:
    """An outage lasts as long as was asked for."""
    wait_until(lambda: time.monotonic() - began >= DOWN_SECONDS, timeout_seconds=DOWN_SECONDS + 60)


def test_store_frozen_then_away_holds_up_documents_alone_and_loses_none(site: Site) -> None:
    client = site.running.accounts["A"].client
    shop = Shop(client, BODY, "well")
    with shop.open():
        early = shop.wait_for(30)["id"]
        wait_until(lambda: client.get(f"/v1/invoices/{early}/documents/pdf").status == 200)
        made = make_export(client, "well")
        assert wait_for_export(client, made)["status"] == "finished"
        with site.frozen_store():
            shop.phase, began = "frozen", time.monotonic()
            pending = shop.wait_for(5)["id"]
            held_up = make_export(client, "frozen")
            check_answers_without_store(site, client, ready=early, pending=pending)
            check_downloads_are_refused(site, early, made)
            shop.wait_for(30)
            wait_out(began)
        with site.absent_store():
            shop.phase, began = "away", time.monotonic()
            pending = shop.wait_for(5)["id"]
            check_answers_without_store(site, client, ready=early, pending=pending)
            assert site.ask(f"/v1/invoices/{early}/documents/pdf") == Refusal(
                503, "object-store-unavailable", True, 1
            )
            shop.wait_for(30)
            wait_out(began)
        shop.phase = "after"
        shop.wait_for(10)
    for phase, seconds in shop.seconds.items():
        log.info("%s: %d issued, median %.1f ms", phase, len(seconds), shop.median(phase) * 1000)
    check_nothing_is_lost(site, shop)
    assert wait_for_export(client, held_up)["status"] == "finished"
    for phase in ("frozen", "away"):
        assert shop.median(phase) < 3 * shop.median("well") + 0.05
