"""The renderer's rounds: packing, isolation of bad documents, an absent archive, two renderers at once."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
from prometheus_client import REGISTRY

from libs.common.clock import utc_now
from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.ids import TenantId, new_id
from libs.common.object_store import ObjectStore, Slice, StoreUnavailable
from services.render.archive import Archive
from services.render.domain import Failure
from services.render.pdf.document import render_pdf
from tests.helpers.databases import MakeDatabase
from tests.helpers.rendering import Issued, Rendering, issue, rendering
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server

pytestmark = pytest.mark.s3

_LATE = Failure("too late", "太迟")
LOAD_DOCUMENTS = "select * from documents order by invoice_id"
LOAD_EVENTS = "select subject, type, correlation_id, traceparent, payload from outbox order by subject"


@pytest.fixture
async def worker(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Rendering]:
    async with rendering(await database("render"), s3_server.url) as open_worker:
        yield open_worker


def _issue_many(*tenants: TenantId, count: int) -> list[Issued]:
    return [issue(tenants[n % len(tenants)], drawer=f"开票员{n}") for n in range(count)]


async def test_batch_of_two_tenants_becomes_one_object_each_with_exact_slices(worker: Rendering) -> None:
    first, second = TenantId(new_id()), TenantId(new_id())
    invoices = _issue_many(first, second, first, count=9)
    await worker.consume(*invoices)
    await worker.render()
    rows = await worker.fetch(LOAD_DOCUMENTS)
    assert {row["state"] for row in rows} == {"ready"}
    objects = Counter((row["tenant_id"], row["object_key"], row["object_version_id"]) for row in rows)
    assert {tenant: count for (tenant, *_), count in objects.items()} == {first: 6, second: 3}
    assert len(objects) == 2
    drawn = {invoice.id: render_pdf(invoice.document) for invoice in invoices}
    for row in rows:
        place = Slice(
            row["bucket"], row["object_key"], row["object_version_id"], row["object_offset"], row["size"]
        )
        assert await worker.objects.read(place, sha256=row["sha256"]) == drawn[row["invoice_id"]]


async def test_document_of_one_tenant_does_not_wait_for_the_many_of_another(worker: Rendering) -> None:
    """A batch is 50 at most."""
    many, one = _issue_many(TenantId(new_id()), count=150), issue(TenantId(new_id()))
    await worker.consume(*many, one)
    await worker.render()
    ready = await worker.fetch("select invoice_id from documents where state = 'ready'")
    assert one.id in {row["invoice_id"] for row in ready}
    assert len(ready) < 150


async def test_voided_invoice_gets_one_further_version_that_says_so(worker: Rendering) -> None:
    kept, voided = _issue_many(TenantId(new_id()), count=2)
    await worker.consume(kept, voided)
    await worker.render()
    [first] = await worker.fetch("select * from documents where invoice_id = $1", voided.id)
    await worker.void(voided)
    await worker.void(voided, sequence=3)
    await worker.render()
    await worker.render()
    rows = await worker.fetch("select * from documents where invoice_id = $1 order by version", voided.id)
    assert [(row["version"], row["state"], row["mark"]) for row in rows] == [
        (1, "ready", None),
        (2, "ready", "voided"),
    ]
    assert rows[0] == first
    marked = render_pdf(voided.document | {"mark": "voided"})
    place = Slice(
        *(rows[1][name] for name in ("bucket", "object_key", "object_version_id", "object_offset", "size"))
    )
    assert await worker.objects.read(place, sha256=rows[1]["sha256"]) == marked
    events = await worker.fetch("select payload from outbox where subject = $1", str(voided.id))
    told = [msgspec.json.decode(event["payload"], type=DocumentsReady).documents for event in events]
    assert sorted(document.version for documents in told for document in documents) == [1, 2]
    assert len(await worker.fetch("select * from documents where invoice_id = $1", kept.id)) == 1


async def test_voided_invoice_whose_first_document_waits_gets_both(worker: Rendering) -> None:
    [issued] = _issue_many(TenantId(new_id()), count=1)
    await worker.consume(issued)
    await worker.void(issued)
    await worker.render()
    rows = await worker.fetch("select version, state from documents order by version")
    assert [tuple(row) for row in rows] == [(1, "ready"), (2, "ready")]


async def test_documents_ready_are_announced_once_in_its_own_correlation(worker: Rendering) -> None:
    invoices = _issue_many(TenantId(new_id()), count=3)
    await worker.consume(*invoices)
    await worker.consume(*invoices)
    await worker.render()
    await worker.render()
    rows = {row["subject"]: row for row in await worker.fetch(LOAD_EVENTS)}
    assert len(await worker.fetch(LOAD_EVENTS)) == len(invoices)
    for invoice in invoices:
        row = rows[invoice.id]
        assert (row["correlation_id"], row["traceparent"]) == (
            invoice.correlation.id,
            invoice.correlation.traceparent,
        )
        event = msgspec.json.decode(row["payload"], type=DocumentsReady)
        [document] = event.documents
        assert (event.number, document.version) == (invoice.document["number"], 1)
        place = Slice(*msgspec.structs.astuple(document.object))
        assert await worker.objects.read(place, sha256=document.sha256) == render_pdf(invoice.document)


async def test_one_document_with_a_missing_glyph_fails_alone(worker: Rendering) -> None:
    tenant = TenantId(new_id())
    good, bad = _issue_many(tenant, count=4), issue(tenant, drawer="\U0001f600")
    await worker.consume(*good[:2], bad, *good[2:])
    counted = _count_failures()
    await worker.render()
    states = {row["invoice_id"]: row["state"] for row in await worker.fetch(LOAD_DOCUMENTS)}
    assert states == {**dict.fromkeys((one.id for one in good), "ready"), bad.id: "failed"}
    assert _count_failures() == counted + 1
    [row] = [row for row in await worker.fetch(LOAD_EVENTS) if row["type"] == DocumentFailed.TYPE]
    event = msgspec.json.decode(row["payload"], type=DocumentFailed)
    assert row["subject"] == bad.id
    assert "U+1F600" in event.reason
    assert "U+1F600" in event.reason_zh


def _count_failures() -> float:
    """What the alert DocumentsFailed looks at; there from the start, so that the first failure is an increase."""
    value = REGISTRY.get_sample_value("openfapiao_documents_total", {"format": "pdf", "outcome": "failed"})
    assert value is not None
    return value


async def test_object_of_a_document_cannot_be_deleted(worker: Rendering) -> None:
    await worker.consume(issue(TenantId(new_id())))
    await worker.render()
    [row] = await worker.fetch(LOAD_DOCUMENTS)
    with pytest.raises(StoreUnavailable):
        await worker.objects.delete_version(row["bucket"], row["object_key"], row["object_version_id"])


async def test_archive_away_gives_the_claim_back_and_the_backlog_drains_after(worker: Rendering) -> None:
    await worker.consume(*_issue_many(TenantId(new_id()), count=5))
    away = Archive(ObjectStore("http://127.0.0.1:9", ACCESS_KEY, PASSWORD), "documents", timedelta(days=1))
    away.is_proven.set()
    with pytest.raises(StoreUnavailable):
        await worker.make_renderer(archive=away).step()
    waiting = await worker.fetch(LOAD_DOCUMENTS)
    assert {row["state"] for row in waiting} == {"pending"}
    assert all(row["claimed_until"] <= utc_now() for row in waiting)
    await worker.render()
    assert {row["state"] for row in await worker.fetch(LOAD_DOCUMENTS)} == {"ready"}


async def test_renderer_before_the_archive_is_proven_claims_nothing(worker: Rendering) -> None:
    await worker.consume(issue(TenantId(new_id())))
    unproven = Archive(worker.objects, worker.settings.s3_bucket, timedelta(days=1))
    assert await worker.make_renderer(archive=unproven).step() is False
    [row] = await worker.fetch(LOAD_DOCUMENTS)
    assert row["claimed_until"] <= utc_now()


async def test_claim_of_another_renderer_is_left_alone_until_its_lease_ends(worker: Rendering) -> None:
    await worker.consume(issue(TenantId(new_id())))
    first = worker.make_renderer(lease=timedelta(seconds=60))
    [held] = await first._claim()
    assert await first._claim() == []
    await worker.fetch("update documents set claimed_until = now()")
    assert [document.key for document in await first._claim()] == [held.key]


async def test_document_finished_by_another_renderer_keeps_its_copy_and_one_event(worker: Rendering) -> None:
    """The lease of the first ran out while it was storing; the second finished in between."""
    await worker.consume(issue(TenantId(new_id())))
    slow = worker.make_renderer(lease=timedelta())
    [document] = await slow._claim()
    await worker.render()
    [before] = await worker.fetch(LOAD_DOCUMENTS)
    await slow._finish([document], [], [(document, _LATE)])
    [after] = await worker.fetch(LOAD_DOCUMENTS)
    assert before == after
    assert [row["type"] for row in await worker.fetch(LOAD_EVENTS)] == [DocumentsReady.TYPE]


async def test_event_applied_again_from_offset_zero_changes_nothing(worker: Rendering) -> None:
    invoice = issue(TenantId(new_id()))
    await worker.consume(invoice)
    await worker.render()
    before = await worker.fetch(LOAD_DOCUMENTS)
    await worker.fetch("delete from inbox")
    await worker.consume(invoice)
    await worker.render()
    assert await worker.fetch(LOAD_DOCUMENTS) == before
