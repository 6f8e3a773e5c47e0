"""The topics: every event in order per subject, none lost, none of something that does not exist."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.checker.evidence import ABOUT_TAXPAYERS, FORMATS, Evidence, Invoice, Record
from tests.chaos.checker.finding import Finding

Subject = tuple[str, str]


def check_order(evidence: Evidence) -> Finding:
    """First occurrences come as 1, 2, … n in one partition; repeats are allowed and counted."""
    streams: dict[Subject, list[Record]] = defaultdict(list)
    for record in evidence.records:
        streams[record.topic, record.subject].append(record)
    violations = [line for subject, records in streams.items() for line in _disorder(subject, records)]
    for subject, last in evidence.last_sequences.items():
        found = len({record.sequence for record in streams[subject]})
        if found != last:
            violations.append(f"{subject[0]} {subject[1]}: {last} events were announced, {found} are there")
    repeats = len(evidence.records) - len({record.id for record in evidence.records})
    note = f"{len(streams)} subjects, {repeats} repeats"
    return Finding("events: each in order, none lost", len(evidence.records), tuple(violations), note)


def _disorder(subject: Subject, records: Sequence[Record]) -> Iterator[str]:
    name = " ".join(subject)
    first_seen = list(dict.fromkeys(record.sequence for record in records))
    if first_seen != list(range(1, len(first_seen) + 1)):
        yield f"{name}: sequences came as {first_seen[:12]}"
    if len({(record.sequence, record.id) for record in records}) != len(first_seen):
        yield f"{name}: two events have the same sequence"
    if len({record.partition for record in records}) != 1:
        yield f"{name}: spread over several partitions"
    if any(record.key != subject[1] for record in records):
        yield f"{name}: a record has another key"


def check_announced(evidence: Evidence) -> Finding:
    """Each step of each invoice was announced by exactly one event, and rightly."""
    events = {record.id: record for record in evidence.records}
    by_subject: dict[str, list[Record]] = defaultdict(list)
    for record in events.values():
        by_subject[record.subject].append(record)
    contacts = {operation.name: operation.has_contact for operation in evidence.operations}
    violations = [
        line
        for invoice in evidence.invoices
        for line in _announcements(
            invoice, by_subject[invoice.id], has_contact=contacts.get(invoice.operation, False)
        )
    ]
    return Finding("events: one of each step", len(evidence.invoices), tuple(violations))


def _announcements(invoice: Invoice, events: Sequence[Record], *, has_contact: bool) -> Iterator[str]:
    counts = Counter(record.type for record in events)
    is_local = invoice.channel == "local_blocks"
    wanted = {
        "invoice.accepted.v1": 0 if is_local else 1,
        "invoice.issued.v1": 1,
        "invoice.confirmed.v1": 1 if is_local else 0,
        "invoice.rejected.v1": 0,
        "render.documents_ready.v1": 1,
        "render.document_failed.v1": 0,
        "notify.delivery_sent.v1": int(has_contact),
        "notify.delivery_failed.v1": 0,
    }
    for kind, count in wanted.items():
        if counts[kind] != count:
            yield f"{invoice.id}: {counts[kind]} {kind} instead of {count}"
    for record in events:
        if record.type == "invoice.issued.v1" and not _is_true(record, invoice):
            yield f"{invoice.id}: the event of its issue tells another number or sum"
        if record.type == "render.documents_ready.v1" and _formats(record) != set(FORMATS):
            yield f"{invoice.id}: the event of its documents tells of {sorted(_formats(record))}"


def _formats(record: Record) -> set[str]:
    return {document["format"] for document in record.payload["documents"]}


def _is_true(record: Record, invoice: Invoice) -> bool:
    total: str = record.payload["invoice"]["totals"]["amount_with_tax"]
    return bool(record.payload["number"] == invoice.number and total == str(invoice.amount_with_tax))


def check_ghosts(evidence: Evidence) -> Finding:
    """No event tells of an invoice that was never committed."""
    known = {invoice.id for invoice in evidence.invoices}
    about = {
        record.subject
        for record in evidence.records
        if record.type.startswith(("invoice.", "render.", "notify.")) and record.type != ABOUT_TAXPAYERS
    }
    violations = [f"{subject} has events and does not exist" for subject in sorted(about - known)]
    return Finding("events: none of what does not exist", len(about), tuple(violations))
