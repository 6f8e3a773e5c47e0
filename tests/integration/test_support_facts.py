"""What support learns of invoices from the events of its neighbours, fed through the real consumer."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from libs.common.clock import utc_now
from libs.common.contracts.invoice import InvoiceAccepted, InvoiceAuthorityDelayed, InvoiceRejected
from libs.common.contracts.invoice_corrections import InvoiceVoided, InvoiceVoidRefused
from libs.common.contracts.notify import DeliveryFailed, DeliverySent
from libs.common.contracts.render import DocumentFailed, DocumentsReady, ReadyDocument, StoredObject
from libs.common.db import transaction
from libs.common.ids import TenantId, new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.support_desk import Desk, make_confirmed, make_document, make_issued, open_desk

NUMBER = "26422000000000000001"
REFERENCE = "SO-000001"
TENANT = TenantId(new_id())

DOCUMENTS_READY = DocumentsReady(
    number=NUMBER,
    reference=REFERENCE,
    documents=(
        ReadyDocument(
            format="pdf",
            version=1,
            sha256="0" * 64,
            size=53211,
            object=StoredObject(bucket="b", key="k", version_id="v", offset=0, length=53211),
        ),
    ),
)
DOCUMENT_FAILED = DocumentFailed(
    number=NUMBER, reference=REFERENCE, format="ofd", reason="missing glyph", reason_zh="缺少字形"
)
DELIVERY: dict[str, Any] = {
    "number": NUMBER,
    "reference": REFERENCE,
    "delivery_id": new_id(),
    "masked_to": "a***@example.cn",
}
SENT = DeliverySent(channel="email", message_id="<1@openfapiao>", **DELIVERY)
NOT_SENT = DeliveryFailed(channel="sms", reason="number unknown", **DELIVERY)
DELAYED = InvoiceAuthorityDelayed(
    number=NUMBER, reference=REFERENCE, authority_state="outcome_unknown", attempts=2, last_error="timeout"
)
REJECTED = InvoiceRejected(
    number=None,
    reference=REFERENCE,
    status="rejected",
    reason_code="9001",
    reason="buyer unknown",
    reason_zh="购买方不存在",
)

VOID_REFUSED = InvoiceVoidRefused(
    number=NUMBER, reference=REFERENCE, code=None, reason_code="void-used", reason="used", reason_zh="已使用"
)
VOIDED = InvoiceVoided(
    number=NUMBER, reference=REFERENCE, code=None, voided_at=utc_now(), reason="", actor="user:1"
)


@pytest.fixture
async def desk(database: MakeDatabase) -> AsyncIterator[Desk]:
    async with open_desk(await database("support")) as opened:
        yield opened


async def load_facts(desk: Desk, invoice_id: UUID) -> asyncpg.Record:
    async with transaction(desk.worker_pool) as tx:
        row = await tx.fetchrow("select * from invoice_facts where invoice_id = $1", invoice_id)
    assert row is not None
    return row


def pick(row: asyncpg.Record, *names: str) -> list[Any]:
    return [row[name] for name in names]


async def test_facts_of_an_issued_invoice_tell_who_what_and_until_when(desk: Desk) -> None:
    promise = utc_now() + timedelta(minutes=3)
    facts = await load_facts(desk, await desk.issue(TENANT, promise=promise))
    assert pick(facts, "number", "reference", "kind", "buyer_name", "status", "authority_state") == [
        NUMBER,
        REFERENCE,
        "digital_ordinary",
        "武汉某某商贸有限公司",
        "issued",
        "not_submitted",
    ]
    assert str(facts["total"]) == "1172.94"
    assert pick(facts, "expected_final_by", "is_watched", "is_final") == [promise, True, False]


async def test_facts_follow_every_service(desk: Desk) -> None:
    invoice_id = await desk.issue(TENANT)
    await desk.apply(TENANT, invoice_id, DELAYED, DOCUMENTS_READY, DOCUMENT_FAILED, SENT, NOT_SENT)
    facts = await load_facts(desk, invoice_id)
    assert facts["authority_state"] == "outcome_unknown"
    assert facts["documents"] == '{"ofd": "failed", "pdf": "ready"}'
    assert facts["deliveries"] == '{"sms": "failed", "email": "sent"}'
    assert pick(facts, "last_problem", "last_problem_zh") == ["number unknown", None]
    await desk.confirm(TENANT, invoice_id)
    facts = await load_facts(desk, invoice_id)
    assert pick(facts, "authority_state", "is_final", "is_watched", "status") == [
        "confirmed",
        True,
        False,
        "issued",
    ]


async def test_facts_of_a_voided_invoice_say_so(desk: Desk) -> None:
    invoice_id = await desk.issue(TENANT)
    await desk.confirm(TENANT, invoice_id)
    await desk.apply(TENANT, invoice_id, VOID_REFUSED)
    facts = await load_facts(desk, invoice_id)
    assert pick(facts, "status", "last_problem", "last_problem_zh") == ["issued", "used", "已使用"]
    await desk.apply(TENANT, invoice_id, VOIDED)
    assert pick(await load_facts(desk, invoice_id), "status", "is_final") == ["voided", True]


async def test_facts_of_a_document_that_came_before_its_invoice_are_kept(desk: Desk) -> None:
    invoice_id = new_id()
    await desk.apply(TENANT, invoice_id, DOCUMENTS_READY)
    facts = await load_facts(desk, invoice_id)
    assert pick(facts, "status", "is_watched") == [None, False]
    await desk.apply(TENANT, invoice_id, make_issued(invoice_id))
    facts = await load_facts(desk, invoice_id)
    assert pick(facts, "documents", "status", "is_watched") == ['{"pdf": "ready"}', "issued", True]


async def test_facts_of_a_final_invoice_are_never_watched_again(desk: Desk) -> None:
    invoice_id = new_id()
    await desk.apply(TENANT, invoice_id, make_issued(invoice_id, authority_state="confirmed"))
    await desk.apply(TENANT, invoice_id, make_issued(invoice_id, promise=utc_now() + timedelta(hours=1)))
    assert pick(await load_facts(desk, invoice_id), "is_final", "is_watched") == [True, False]


async def test_facts_of_an_accepted_invoice_that_is_rejected(desk: Desk) -> None:
    invoice_id = new_id()
    accepted = InvoiceAccepted(
        number=None,
        reference="SO-000001",
        expected_final_by=utc_now() + timedelta(minutes=10),
        actor="api_key:test",
        invoice=make_document(invoice_id, None),
    )
    await desk.apply(TENANT, invoice_id, accepted)
    assert pick(await load_facts(desk, invoice_id), "number", "status", "is_watched") == [
        None,
        "pending",
        True,
    ]
    await desk.apply(TENANT, invoice_id, REJECTED)
    facts = await load_facts(desk, invoice_id)
    assert pick(facts, "status", "authority_state", "is_final", "is_watched", "last_problem_zh") == [
        "rejected",
        "refused",
        True,
        False,
        "购买方不存在",
    ]


async def test_facts_of_many_invoices_in_one_batch_fed_twice_stay_the_same(desk: Desk) -> None:
    records = []
    for index in range(60):
        invoice_id, number = new_id(), f"{26422000000000000001 + index}"
        records += desk.record(
            TENANT, invoice_id, make_issued(invoice_id, number=number), DOCUMENTS_READY, SENT
        )
        records += desk.record(TENANT, invoice_id, DELAYED, make_confirmed(number))
    await desk.feed(records)
    digest = "select count(*), md5(string_agg(f::text, '|' order by f.invoice_id)) from invoice_facts f"
    async with transaction(desk.worker_pool) as tx:
        before = await tx.fetchrow(digest)
    await desk.feed(records)
    await desk.feed(records[::-1])
    async with transaction(desk.worker_pool) as tx:
        assert await tx.fetchrow(digest) == before
        assert (
            await tx.fetchval("select count(*) from invoice_facts where is_final and documents ? 'pdf'") == 60
        )
        assert await tx.fetchval("select count(*) from dead_letters") == 0
    assert before is not None
    assert before[0] == 60


async def test_facts_of_an_event_of_unknown_type_are_skipped(desk: Desk) -> None:
    [record] = desk.record(TENANT, new_id(), DOCUMENTS_READY)
    headers = [
        (name, b"render.page_turned.v1" if name == "ce_type" else value) for name, value in record.headers
    ]
    await desk.feed([record._replace(headers=headers)])
    async with transaction(desk.worker_pool) as tx:
        assert await tx.fetchval("select count(*) from dead_letters") == 0
