"""What clients were told must be so: acknowledged, refused and unknown requests against the invoices that exist."""

from collections import defaultdict
from collections.abc import Callable, Iterator

from tests.chaos.checker.evidence import Evidence, Invoice, Operation
from tests.chaos.checker.finding import Finding

Rows = dict[str, list[Invoice]]


def check_acknowledged(evidence: Evidence) -> Finding:
    """Every acknowledged invoice exists once, as it was acknowledged."""
    operations = [o for o in evidence.operations if o.purpose == "issue" and o.acknowledged]
    return _judge("acknowledged: each exists exactly once", operations, evidence, _acknowledged)


def _acknowledged(operation: Operation, rows: list[Invoice]) -> Iterator[str]:
    answer = operation.acknowledged[0]
    if len(rows) != 1:
        yield f"{operation.name} was acknowledged as {answer.invoice_id} and exists {len(rows)} times"
    elif rows[0].id != answer.invoice_id:
        yield f"{operation.name} was acknowledged as {answer.invoice_id} and exists as {rows[0].id}"
    elif answer.number and rows[0].number != answer.number:
        yield f"{operation.name} was acknowledged with number {answer.number} and has {rows[0].number}"


def check_unknown(evidence: Evidence) -> Finding:
    """A request whose outcome nobody knows may have happened, once."""
    operations = [
        o for o in evidence.operations if o.purpose == "issue" and not o.acknowledged and not o.refused
    ]
    return _judge("unknown outcome: each exists at most once", operations, evidence, _unknown)


def _unknown(operation: Operation, rows: list[Invoice]) -> Iterator[str]:
    if len(rows) > 1:
        yield f"{operation.name} exists {len(rows)} times"


def check_nothing_else(evidence: Evidence) -> Finding:
    """Refused and rehearsed requests left nothing, and nothing exists that nobody asked for."""
    operations = [
        o for o in evidence.operations if o.purpose != "issue" or (o.refused and not o.acknowledged)
    ]
    finding = _judge("refused or rehearsed: none exists", operations, evidence, _nothing)
    names = {operation.name for operation in evidence.operations}
    strangers = [f"{i.id} was asked for by nobody" for i in evidence.invoices if i.operation not in names]
    return Finding(finding.requirement, finding.checked, (*finding.violations, *strangers))


def _nothing(operation: Operation, rows: list[Invoice]) -> Iterator[str]:
    if rows:
        yield f"{operation.name} ({operation.purpose}, refused {len(operation.refused)} times) exists"


def check_answers(evidence: Evidence) -> Finding:
    """One key, one answer, byte for byte."""
    return _judge("one key: one answer", list(evidence.operations), evidence, _one_answer)


def _one_answer(operation: Operation, _: list[Invoice]) -> Iterator[str]:
    if operation.purpose == "rehearse":
        return
    if len({answer.digest for answer in operation.acknowledged}) > 1:
        ids = sorted({answer.invoice_id for answer in operation.acknowledged})
        yield f"{operation.name} was answered differently: {', '.join(ids)}"
    if operation.acknowledged and operation.refused:
        yield f"{operation.name} was accepted and refused ({operation.refused[0].code}) under one key"


def check_accepted(evidence: Evidence) -> Finding:
    """In the end every sound request is accepted and every unsound one refused."""
    return _judge("sound: accepted, unsound: refused", list(evidence.operations), evidence, _accepted)


def _accepted(operation: Operation, _: list[Invoice]) -> Iterator[str]:
    if operation.purpose == "refuse":
        if not operation.refused:
            yield f"{operation.name} is unsound and was not refused"
    elif not operation.acknowledged:
        codes = sorted({f"{answer.status} {answer.code}" for answer in operation.answers})
        yield f"{operation.name} was never accepted: {', '.join(codes)}"


def _judge(
    requirement: str,
    operations: list[Operation],
    evidence: Evidence,
    rule: Callable[[Operation, list[Invoice]], Iterator[str]],
) -> Finding:
    rows: Rows = defaultdict(list)
    for invoice in evidence.invoices:
        rows[invoice.operation].append(invoice)
    violations = [line for operation in operations for line in rule(operation, rows[operation.name])]
    return Finding(requirement, len(operations), tuple(violations))
