"""What the consumers made of the events: list, archive, support's facts, inbox and feed against the invoices."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.checker.evidence import ABOUT_TAXPAYERS, FORMATS, Document, Evidence, FeedEvent, Record
from tests.chaos.checker.finding import Finding, repeated


def check_views(evidence: Evidence) -> Finding:
    """Each invoice has a row in the list that says the same, with the hashes of its documents."""
    hashes = evidence.hashes
    views = {view.id: view for view in evidence.views}
    violations = [f"{name} is in the list only" for name in views.keys() - {i.id for i in evidence.invoices}]
    for invoice in evidence.invoices:
        view = views.get(invoice.id)
        if view is None:
            violations.append(f"{invoice.id} is not in the list")
            continue
        for name in ("number", "status", "authority_state", "amount", "tax", "amount_with_tax"):
            shown, true = getattr(view, name), getattr(invoice, name)
            if shown != true:
                violations.append(f"{invoice.id}: the list shows {name} {shown} instead of {true}")
        if view.documents != hashes.get(invoice.id):
            violations.append(f"{invoice.id}: the list shows other documents than the archive's")
    return Finding("list: each invoice as it is", len(evidence.invoices), tuple(violations))


def check_archive(evidence: Evidence) -> Finding:
    """Each invoice has its documents, each at its place, with its hash."""
    documents = {(document.invoice_id, document.format): document for document in evidence.documents}
    known = {invoice.id for invoice in evidence.invoices}
    violations = [f"{owner}: a {name} of no invoice" for owner, name in documents if owner not in known]
    for invoice in evidence.invoices:
        for name, start in FORMATS.items():
            if fault := _document_fault(documents.get((invoice.id, name)), start):
                violations.append(f"{invoice.id}: the {name} {fault}")
    return Finding("archive: each document with its hash", len(evidence.documents), tuple(violations))


def _document_fault(document: Document | None, start: bytes) -> str | None:
    if document is None:
        return "is not there"
    if document.state != "ready":
        return f"is {document.state}"
    if document.problem:
        return f"cannot be read: {document.problem}"
    if document.found_sha256 != document.sha256 or not document.found_start.startswith(start):
        return "has other bytes"
    return None


def check_facts(evidence: Evidence) -> Finding:
    """Support knows each invoice as it is."""
    facts = {fact.invoice_id: fact for fact in evidence.facts}
    violations = [
        f"{name}: support knows it alone" for name in facts.keys() - {i.id for i in evidence.invoices}
    ]
    for invoice in evidence.invoices:
        fact = facts.get(invoice.id)
        true = (invoice.number, invoice.status, invoice.authority_state, invoice.amount_with_tax)
        if fact is None:
            violations.append(f"{invoice.id} is unknown to support")
        elif (fact.number, fact.status, fact.authority_state, fact.total) != true:
            violations.append(f"{invoice.id}: support knows {fact} instead of {true}")
    return Finding("support: each invoice as it is", len(evidence.invoices), tuple(violations))


def check_inbox(evidence: Evidence) -> Finding:
    """One message tells of each invoice."""
    told = Counter(invoice for invoice, kind in evidence.inbox if kind == "invoice_issued")
    issued = [invoice.id for invoice in evidence.invoices if invoice.status == "issued"]
    violations = [f"{name} has {told[name]} messages" for name in issued if told[name] != 1]
    violations += [f"{name}: a message about nothing" for name in told.keys() - set(issued)]
    return Finding("inbox: one message each", len(issued), tuple(violations))


def check_feed(evidence: Evidence) -> Finding:
    """Each tenant's feed has every event of every topic once, in order; of auth's it may leave some out."""
    events = {record.id: record for record in evidence.records if record.type.partition(".")[0] != "auth"}
    tenants = {invoice.id: invoice.tenant for invoice in evidence.invoices}
    wanted: dict[str, set[str]] = defaultdict(set)
    for record in events.values():
        if record.subject in tenants:
            wanted[tenants[record.subject]].add(record.id)
    violations: list[str] = []
    for tenant, feed in evidence.feeds.items():
        violations += [f"feed {tenant}: {line}" for line in _feed_faults(feed, wanted[tenant], events)]
    return Finding("feed: complete, in order", sum(map(len, evidence.feeds.values())), tuple(violations))


def _feed_faults(feed: Sequence[FeedEvent], wanted: set[str], events: dict[str, Record]) -> Iterator[str]:
    others = {name for name, record in events.items() if record.type == ABOUT_TAXPAYERS}
    shown = {event.id for event in feed if not event.type.startswith("auth.")} - others
    for name in repeated(event.id for event in feed):
        yield f"event {name} stands there twice"
    for name in sorted(wanted - shown):
        yield f"{events[name].type} {name} of {events[name].subject} is missing"
    for name in sorted(shown - wanted):
        yield f"event {name} is on no topic, or of another tenant"
    last: dict[tuple[str, str], int] = {}
    for event in feed:
        if event.sequence <= last.get((event.source, event.subject), 0):
            yield f"{event.type} of {event.subject} came after a later one"
        last[event.source, event.subject] = event.sequence
