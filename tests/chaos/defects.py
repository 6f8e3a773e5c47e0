"""Defects planted on purpose, each a patch of the product, that the checker must notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.schedule import Blow


@dataclass(frozen=True)
class Defect:
    """What was spoilt. Without `blows` the ordinary schedule strikes; `gap` is the time between two series."""

    says: str
    blows: Sequence[Blow] = ()
    gap: tuple[float, float] = (4.0, 6.0)
    invoices: int = 200


# Something is on its way to every consumer when the database goes; a moment later the consumer goes too.
_CONSUMERS = (Blow("postgres"), Blow("notify-worker-1", 0.15), Blow("invoice-worker-1", 0.05))

DEFECTS: Mapping[str, Defect] = {
    "relay_marks_before_ack": Defect(
        "The relay marks events as published, then sends them.",
        (Blow("kafka"), Blow("invoice-worker-1", 0.5), Blow("render-worker-1", 0.5)),
        (5.0, 6.0),
    ),
    "relay_reads_by_cursor": Defect(
        "The relay goes on after the last published position; what commits late is passed over.",
        (Blow("support-api-1"),),
        (1.0, 1.5),
        invoices=900,
    ),
    "repeats_are_applied": Defect(
        "Consumers do not look how far a subject has been applied.", (Blow("postgres"),), invoices=600
    ),
    "offsets_before_work": Defect("Consumers commit offsets, then apply the events.", _CONSUMERS),
    "failures_are_swallowed": Defect(
        "Consumers log what fails and go on with the next events.", (Blow("postgres"),)
    ),
    "keys_checked_then_inserted": Defect(
        "An Idempotency-Key is looked for, then inserted.", (Blow("support-api-1"),), (2.0, 3.0)
    ),
    "numbers_from_maximum": Defect(
        "The next number is the highest one plus one, without a lock.", (Blow("support-api-1"),), (2.0, 3.0)
    ),
    "numbers_from_sequence": Defect("Numbers come from a sequence, which no rollback returns."),
    "answers_before_commit": Defect(
        "Clients are answered, then the transaction commits.", (Blow("postgres"),)
    ),
    "commits_are_not_durable": Defect("Commits do not wait for the disk.", (Blow("postgres"),)),
    "events_after_commit": Defect(
        "Events are appended in a transaction of their own after the invoice's.", (Blow("postgres"),)
    ),
    "reference_without_object": Defect(
        "A PDF is recorded though the archive did not take it.", (Blow("s3"),)
    ),
    "another_serial_each_time": Defect(
        "What the authority did not answer is submitted again as something new.", (Blow("bureau"),)
    ),
}
