"""Several formats of one invoice: claimed, packed, recorded and announced together."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from libs.common.contracts.render import DocumentFailed, DocumentsReady
from libs.common.ids import TenantId, new_id
from libs.common.object_store import ObjectStore, Slice, StoreUnavailable
from services.render.archive import Archive
from services.render.domain import MOST_ATTEMPTS
from services.render.drawing import Draw
from tests.helpers.databases import MakeDatabase
from tests.helpers.rendering import SHORT_LOCK, Rendering, issue, rendering
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server

pytestmark = pytest.mark.s3

LOAD_EVENTS = "select subject, type, payload from outbox order by position"


def _draw_xml(invoice: Mapping[str, Any]) -> bytes:
    return f"<xml>{invoice['number']} {invoice['mark']}</xml>".encode()


def _draw_pdf(invoice: Mapping[str, Any]) -> bytes:
    return b"pdf with " + (invoice.get("xml") or _draw_xml(invoice))


def _draw_ofd(invoice: Mapping[str, Any]) -> bytes:
    if invoice["drawer"] == "unknown to the font":
        raise LookupError
    return b"ofd with " + (invoice.get("xml") or _draw_xml(invoice))


THREE: Mapping[str, Draw] = {"xml": _draw_xml, "pdf": _draw_pdf, "ofd": _draw_ofd}


@pytest.fixture
async def worker(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Rendering]:
    async with rendering(await database("render"), s3_server.url) as open_worker:
        yield open_worker


async def test_formats_of_an_invoice_lie_in_one_object_and_are_announced_by_one_event(
    worker: Rendering,
) -> None:
    invoices = [issue(TenantId(new_id())) for _ in range(2)]
    await worker.consume(*invoices, formats=tuple(THREE))
    await worker.render(THREE)
    events = {row["subject"]: row for row in await worker.fetch(LOAD_EVENTS)}
    assert len(await worker.fetch(LOAD_EVENTS)) == len(invoices)
    for invoice in invoices:
        event = msgspec.json.decode(events[invoice.id]["payload"], type=DocumentsReady)
        assert [document.format for document in event.documents] == ["xml", "pdf", "ofd"]
        assert len({document.object.key for document in event.documents}) == 1
        for document in event.documents:
            place = Slice(*msgspec.structs.astuple(document.object))
            drawn = THREE[document.format](invoice.document | {"mark": None})
            assert await worker.objects.read(place, sha256=document.sha256) == drawn


async def test_format_that_cannot_be_drawn_fails_alone(worker: Rendering) -> None:
    invoice = issue(TenantId(new_id()), drawer="unknown to the font")
    await worker.consume(invoice, formats=tuple(THREE))
    await worker.render(THREE)
    rows = await worker.fetch("select format, state from documents order by format")
    assert [tuple(row) for row in rows] == [("ofd", "failed"), ("pdf", "ready"), ("xml", "ready")]
    assert [row["type"] for row in await worker.fetch(LOAD_EVENTS)] == [
        DocumentsReady.TYPE,
        DocumentFailed.TYPE,
    ]


async def test_batch_counts_invoices_and_takes_all_their_documents(worker: Rendering) -> None:
    invoices = [issue(TenantId(new_id())) for _ in range(3)]
    await worker.consume(*invoices, formats=tuple(THREE))
    claimed = await worker.make_renderer(THREE, batch=2)._claim()
    assert len({document.key.invoice for document in claimed}) == 2
    assert len(claimed) == 6


async def test_renderers_at_once_never_share_an_invoice(worker: Rendering) -> None:
    tenant = TenantId(new_id())
    await worker.consume(*(issue(tenant) for _ in range(60)), formats=tuple(THREE))
    renderers = [worker.make_renderer(THREE, batch=10, lease=timedelta(seconds=60)) for _ in range(4)]
    owners: dict[object, set[int]] = {}
    documents = 0
    while documents < 180:
        claims = await asyncio.gather(*(renderer._claim() for renderer in renderers))
        assert any(claims)
        for owner, claimed in enumerate(claims):
            documents += len(claimed)
            for document in claimed:
                owners.setdefault(document.key.invoice, set()).add(owner)
    assert documents == 180
    assert all(len(owner) == 1 for owner in owners.values())


async def test_document_of_a_format_without_a_drawer_waits_for_a_newer_worker(worker: Rendering) -> None:
    await worker.consume(issue(TenantId(new_id())), formats=tuple(THREE))
    await worker.render({"pdf": _draw_pdf})
    rows = await worker.fetch("select format, state from documents order by format")
    assert [tuple(row) for row in rows] == [("ofd", "pending"), ("pdf", "ready"), ("xml", "pending")]
    await worker.render(THREE)
    assert {row["state"] for row in await worker.fetch("select state from documents")} == {"ready"}


class _Ended(BaseException):
    """The process is killed."""


def _make_deadly(victim: str) -> Draw:
    def draw(invoice: Mapping[str, Any]) -> bytes:
        if invoice["number"] == victim:
            raise _Ended
        return _draw_pdf(invoice)

    return draw


async def test_document_that_ends_its_worker_again_and_again_is_given_up_alone(worker: Rendering) -> None:
    tenant = TenantId(new_id())
    good, bad = [issue(tenant) for _ in range(8)], issue(tenant)
    await worker.consume(*good[:4], bad, *good[4:])
    drawers = {"pdf": _make_deadly(bad.document["number"])}
    ended = 0
    for _ in range(MOST_ATTEMPTS + 1):
        await worker.fetch("update documents set claimed_until = now()")
        with suppress(_Ended):
            await worker.make_renderer(drawers).step()
            break
        ended += 1
    assert ended == MOST_ATTEMPTS
    rows = await worker.fetch("select invoice_id, state, reason from documents")
    assert {row["invoice_id"] for row in rows if row["state"] == "ready"} == {one.id for one in good}
    [failed] = [row for row in rows if row["state"] == "failed"]
    assert failed["invoice_id"] == bad.id
    assert "8 times" in failed["reason"]


async def test_store_that_is_away_for_long_is_no_attempt(worker: Rendering) -> None:
    await worker.consume(*(issue(TenantId(new_id())) for _ in range(2)), formats=tuple(THREE))
    away = Archive(ObjectStore("http://127.0.0.1:9", ACCESS_KEY, PASSWORD), "documents", SHORT_LOCK)
    away.is_proven.set()
    await worker.fetch("update documents set attempts = 5 where format = 'ofd'")
    for _ in range(MOST_ATTEMPTS + 1):
        with pytest.raises(StoreUnavailable):
            await worker.make_renderer(THREE, archive=away).step()
    await worker.render(THREE)
    assert {row["state"] for row in await worker.fetch("select state from documents")} == {"ready"}
