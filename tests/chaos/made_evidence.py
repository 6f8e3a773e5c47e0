"""A small sound outcome made by hand: two invoices, one of each channel, a refused and a rehearsed request."""

from decimal import Decimal

from tests.chaos.checker.evidence import (
    FORMATS,
    Answer,
    Block,
    Document,
    Evidence,
    Fact,
    FeedEvent,
    Held,
    Invoice,
    Mail,
    Operation,
    Quota,
    Record,
    Strike,
    View,
)

AMOUNT, TAX, TOTAL = Decimal("100.00"), Decimal("13.00"), Decimal("113.00")
NUMBERS = {"A": "26427000001000000001", "B": "26332000001000000007"}
CHANNELS = {"A": "local_blocks", "B": "assigned_on_issue"}
STEPS = {
    "A": (
        "invoice.issued.v1",
        "invoice.confirmed.v1",
        "render.documents_ready.v1",
        "notify.delivery_sent.v1",
    ),
    "B": ("invoice.accepted.v1", "invoice.issued.v1", "render.documents_ready.v1", "notify.delivery_sent.v1"),
}


def make_evidence() -> Evidence:
    """Nothing is wrong with it."""
    records = [record for tenant in "AB" for record in make_records(tenant)]
    return Evidence(
        operations=[
            make_operation("A"),
            make_operation("B"),
            Operation(name="bad", tenant="A", purpose="refuse", answers=[Answer(kind="fail", status=422)]),
            Operation(name="dry", tenant="A", purpose="rehearse", answers=[Answer(kind="ok", status=200)]),
        ],
        strikes=[make_strike("kafka", 50.0)],
        drained_after=4.0,
        invoices=[make_invoice("A"), make_invoice("B")],
        blocks=[make_block()],
        blocks_at_bureau=[("A", make_block().first, make_block().last)],
        last_sequences={
            (record.topic, record.subject): record.sequence
            for record in sorted(records, key=lambda record: record.sequence)
        },
        records=records,
        documents=[make_document(tenant, name) for tenant in "AB" for name in FORMATS],
        views=[make_view("A"), make_view("B")],
        facts=[make_fact("A"), make_fact("B")],
        feeds={tenant: [make_feed_event(record) for record in make_records(tenant)] for tenant in "AB"},
        inbox=[("invoice-A", "invoice_issued"), ("invoice-B", "invoice_issued")],
        mails=[make_mail("A", 100.0), make_mail("B", 101.0)],
        held=[make_held("A"), make_held("B")],
        quotas=[
            Quota(tenant=tenant, used=AMOUNT, reserved=Decimal(0), used_at_bureau=AMOUNT) for tenant in "AB"
        ],
    )


def make_operation(tenant: str) -> Operation:
    answer = Answer(kind="ok", status=201, invoice_id=f"invoice-{tenant}", digest=f"bytes {tenant}")
    lost = Answer(kind="info", status=503)
    return Operation(
        name=f"op-{tenant}", tenant=tenant, purpose="issue", has_contact=True, answers=[lost, answer, answer]
    )


def make_strike(target: str, at: float) -> Strike:
    return Strike(kind="kill", target=target, began_at=at, ended_at=at, came_back_after=1.0)


def make_invoice(tenant: str) -> Invoice:
    return Invoice(
        id=f"invoice-{tenant}",
        tenant=tenant,
        operation=f"op-{tenant}",
        number=NUMBERS[tenant],
        status="issued",
        channel=CHANNELS[tenant],
        authority_state="confirmed",
        amount=AMOUNT,
        tax=TAX,
        amount_with_tax=TOTAL,
    )


def make_block() -> Block:
    first = int(NUMBERS["A"])
    return Block(tenant="A", first=first, last=first + 9, next=first + 1)


def make_records(tenant: str) -> list[Record]:
    """Each topic counts its own sequences."""
    records: list[Record] = []
    for kind in STEPS[tenant]:
        topic = f"{kind.partition('.')[0]}.events"
        earlier = sum(record.topic == topic for record in records)
        records.append(
            Record(
                topic=topic,
                partition=3,
                offset=earlier,
                key=f"invoice-{tenant}",
                id=f"{kind} {tenant}",
                type=kind,
                tenant=tenant,
                subject=f"invoice-{tenant}",
                sequence=earlier + 1,
                payload={
                    "number": NUMBERS[tenant],
                    "documents": [{"format": name} for name in FORMATS],
                    "invoice": {"totals": {"amount": str(AMOUNT), "amount_with_tax": str(TOTAL)}},
                },
            )
        )
    return records


def make_feed_event(record: Record) -> FeedEvent:
    source = f"openfapiao/{record.topic.partition('.')[0]}"
    return FeedEvent(
        id=record.id, source=source, type=record.type, subject=record.subject, sequence=record.sequence
    )


def make_document(tenant: str, name: str) -> Document:
    digest = make_hash(tenant, name)
    return Document(
        invoice_id=f"invoice-{tenant}",
        format=name,
        state="ready",
        sha256=digest,
        found_sha256=digest,
        found_start=FORMATS[name],
    )


def make_hash(tenant: str, name: str) -> str:
    return f"hash {name} {tenant}"


def make_view(tenant: str) -> View:
    return View(
        id=f"invoice-{tenant}",
        number=NUMBERS[tenant],
        status="issued",
        authority_state="confirmed",
        amount=AMOUNT,
        tax=TAX,
        amount_with_tax=TOTAL,
        documents={name: make_hash(tenant, name) for name in FORMATS},
    )


def make_fact(tenant: str) -> Fact:
    return Fact(
        invoice_id=f"invoice-{tenant}",
        number=NUMBERS[tenant],
        status="issued",
        authority_state="confirmed",
        total=TOTAL,
    )


def make_mail(tenant: str, at: float) -> Mail:
    return Mail(
        to=f"op-{tenant}@example.cn",
        message_id=f"<{tenant}@example.cn>",
        attachments=[make_hash(tenant, name) for name in FORMATS],
        at=at,
    )


def make_held(tenant: str) -> Held:
    return Held(
        tenant=tenant,
        serial=f"serial-{tenant}",
        number=NUMBERS[tenant],
        status="issued",
        amount=AMOUNT,
        amount_with_tax=TOTAL,
    )
