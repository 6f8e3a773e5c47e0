"""Both sides of the books: the bureau, the mailbox, the sums, and that nothing is left lying about."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from tests.chaos.checker.evidence import FORMATS, Evidence, Mail, Operation, Strike
from tests.chaos.checker.finding import Finding, repeated

DRAIN_SECONDS = 30.0
# What may end a mail between its delivery and the record of it; and how long afterwards the lease runs.
MAIL_PATH = {"notify-worker-1", "mailbox", "postgres", "s3"}
LEASE_SECONDS = 40.0


def check_bureau(evidence: Evidence) -> Finding:
    """The bureau holds each invoice once, with its number and sums, and nothing else."""
    issued = {item.number: item for item in evidence.held if item.status == "issued"}
    violations = [
        f"the bureau holds {number} twice"
        for number in repeated(item.number for item in evidence.held if item.status == "issued")
    ]
    violations += [
        f"the bureau holds {item.serial} as {item.status}"
        for item in evidence.held
        if item.status != "issued"
    ]
    for invoice in evidence.invoices:
        item = issued.pop(invoice.number, None)
        if invoice.status != "issued" or invoice.authority_state != "confirmed":
            violations.append(f"{invoice.id} is {invoice.status}, {invoice.authority_state}")
        if item is None:
            violations.append(f"{invoice.id} (number {invoice.number}) is not at the bureau")
        elif (item.tenant, item.amount, item.amount_with_tax) != (
            invoice.tenant,
            invoice.amount,
            invoice.amount_with_tax,
        ):
            violations.append(f"{invoice.id}: the bureau has other sums")
    violations += [f"the bureau holds {number} alone" for number in issued]
    return Finding("bureau: each invoice once", len(evidence.invoices), tuple(violations))


def check_mail(evidence: Evidence) -> Finding:
    """One mail to each contact, with all documents; a repeat only by a fault, and with the same Message-ID."""
    hashes = evidence.hashes
    invoices = {
        invoice.operation: [hashes.get(invoice.id, {}).get(name) for name in FORMATS]
        for invoice in evidence.invoices
    }
    received: dict[str, list[Mail]] = defaultdict(list)
    for mail in evidence.mails:
        received[mail.to.partition("@")[0].lower()].append(mail)
    violations: list[str] = []
    repeats = 0
    for operation in evidence.operations:
        mails = received.pop(operation.name.lower(), [])
        is_due = operation.has_contact and operation.name in invoices
        violations += _mail_faults(operation, mails, is_due=is_due, hashes=invoices.get(operation.name, []))
        violations += _unexplained(mails, evidence.strikes)
        repeats += max(0, len(mails) - 1)
    violations += [f"mail to {name}, whom nobody named" for name in received]
    note = f"{repeats} repeats by faults" if repeats else ""
    return Finding("mail: one to each contact", len(evidence.mails), tuple(violations), note)


def _mail_faults(
    operation: Operation, mails: Sequence[Mail], *, is_due: bool, hashes: Sequence[str | None]
) -> Iterator[str]:
    if is_due and not mails:
        yield f"{operation.name} got no mail"
    if mails and not is_due:
        yield f"{operation.name} got a mail that nobody ordered"
    if len({mail.message_id for mail in mails}) > 1:
        yield f"{operation.name} got {len(mails)} mails with different Message-IDs"
    if is_due and any(list(mail.attachments) != hashes for mail in mails):
        yield f"{operation.name} got other documents than the archive's"


def _unexplained(mails: Sequence[Mail], strikes: Sequence[Strike]) -> Iterator[str]:
    for first, again in pairwise(mails):
        if not any(
            strike.target in MAIL_PATH
            and strike.began_at < again.at
            and strike.ended_at > first.at - LEASE_SECONDS
            for strike in strikes
        ):
            yield f"{first.to} got the same mail again without a fault"


def check_sums(evidence: Evidence) -> Finding:
    """The sums agree: invoices, list, events, the platform's quota, the bureau's books and quota."""
    violations: list[str] = []
    for tenant in sorted({invoice.tenant for invoice in evidence.invoices}):
        sums = _sums(evidence, tenant)
        if len(set(sums.values())) > 1:
            told = ", ".join(f"{name} {value}" for name, value in sums.items())
            violations.append(f"tenant {tenant}: {told}")
    violations += [
        f"tenant {q.tenant}: {q.reserved} is still reserved" for q in evidence.quotas if q.reserved
    ]
    return Finding("sums: all books agree", len(evidence.invoices), tuple(violations))


def _sums(evidence: Evidence, tenant: str) -> dict[str, Decimal]:
    own = {invoice.id for invoice in evidence.invoices if invoice.tenant == tenant}
    issued = {
        record.id: record
        for record in evidence.records
        if record.type == "invoice.issued.v1" and record.subject in own
    }
    amounts = {
        "invoices": (i.amount for i in evidence.invoices if i.id in own),
        "list": (view.amount for view in evidence.views if view.id in own),
        "events": (Decimal(r.payload["invoice"]["totals"]["amount"]) for r in issued.values()),
        "quota": (quota.used for quota in evidence.quotas if quota.tenant == tenant),
        "bureau": (i.amount for i in evidence.held if i.tenant == tenant and i.status == "issued"),
        "bureau's quota": (quota.used_at_bureau for quota in evidence.quotas if quota.tenant == tenant),
    }
    return {name: sum(values, Decimal("0.00")) for name, values in amounts.items()}


def check_leftovers(evidence: Evidence) -> Finding:
    """Nothing waits, nothing was put aside, every consumer has applied every event."""
    violations = [f"{name}: {count}" for name, count in evidence.leftovers.items()]
    return Finding("nothing left waiting or put aside", len(evidence.last_sequences), tuple(violations))


def check_recovery(evidence: Evidence) -> Finding:
    """Every process came back, and the system drained in time."""
    violations = [
        f"{strike.target} did not come back"
        for strike in evidence.strikes
        if strike.kind == "kill" and strike.came_back_after is None
    ]
    if evidence.drained_after is None:
        violations.append("the system did not drain")
    elif evidence.drained_after > DRAIN_SECONDS:
        violations.append(f"drained only after {evidence.drained_after:.1f} s")
    note = (
        "" if evidence.drained_after is None else f"drained {evidence.drained_after:.1f} s after the faults"
    )
    return Finding("recovery: all back, drained in 30 s", len(evidence.strikes), tuple(violations), note)
