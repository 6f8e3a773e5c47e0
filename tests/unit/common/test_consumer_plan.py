"""Which record of a batch is applied: once each, in order, whatever repeats; nothing overtakes what is missing."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.consumer_plan import Plan, ReadRecord, read_record
from libs.common.events import Event, EveryEvent
from libs.common.inbox import Aggregate, Progress
from tests.unit.common.making import make_envelope, make_record

pytestmark = pytest.mark.fast

SUBJECTS = [UUID(int=number) for number in range(4)]
KINDS = ["invoice.issued.v1", "invoice.confirmed.v1", "invoice.rejected.v1"]
HANDLED = {EveryEvent.TYPE}


def read(subject: UUID, sequence: int, kind: str = KINDS[0]) -> ReadRecord:
    return read_record(make_record(make_envelope(subject=subject, sequence=sequence, kind=kind)), HANDLED)


def typed(subject: UUID, sequence: int, kind: str) -> ReadRecord:
    """As `read`, handled under its own type; what the payload holds does not matter here."""
    envelope = make_envelope(subject=subject, sequence=sequence, kind=kind)
    return ReadRecord(make_record(envelope), envelope, {kind: Event(envelope=envelope, payload=None)})


def decide(records: Sequence[ReadRecord], progress: dict[Aggregate, Progress] | None = None) -> Plan:
    plan = Plan(progress or {})
    for record in records:
        plan.add(record)
    return plan


def applied(plan: Plan) -> dict[UUID, list[int]]:
    """The sequences handed to handlers, by subject, in order."""
    found: dict[UUID, list[int]] = {}
    for _, events in plan.runs():
        for event in events:
            found.setdefault(event.envelope.subject, []).append(event.envelope.sequence)
    return found


@given(
    st.lists(st.tuples(st.sampled_from(SUBJECTS), st.integers(0, 5)), max_size=40),
    st.lists(st.integers(0, 40), max_size=4),
)
def test_plan_repeated_streams_are_applied_once_each_in_order(
    steps: list[tuple[UUID, int]], cuts: list[int]
) -> None:
    """Each step is a subject's next event, or goes back to an earlier one; the cuts are where batches end."""
    last = dict.fromkeys(SUBJECTS, 0)
    stream = []
    for subject, back in steps:
        sequence = max(1, last[subject] + 1 - back)
        last[subject] = max(last[subject], sequence)
        stream.append(typed(subject, sequence, KINDS[sequence % 3]))
    progress: dict[Aggregate, Progress] = {}
    seen: dict[UUID, list[int]] = {}
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in pairwise(bounds):
        plan = decide(stream[start:end], progress)
        progress |= plan.moved
        assert plan.letters == []
        for subject, sequences in applied(plan).items():
            seen.setdefault(subject, []).extend(sequences)
    assert seen == {subject: list(range(1, count + 1)) for subject, count in last.items() if count}


def test_plan_runs_hold_at_most_one_event_of_a_subject_for_each_type() -> None:
    a, b = SUBJECTS[:2]
    order = [(a, 1, KINDS[0]), (b, 1, KINDS[0]), (a, 2, KINDS[1]), (b, 2, KINDS[0]), (a, 3, KINDS[0])]
    plan = decide([typed(*item) for item in order])
    runs = [
        (kind, [(e.envelope.subject, e.envelope.sequence) for e in events]) for kind, events in plan.runs()
    ]
    assert runs == [
        (KINDS[0], [(a, 1), (b, 1)]),
        (KINDS[1], [(a, 2)]),
        (KINDS[0], [(b, 2)]),
        (KINDS[0], [(a, 3)]),
    ]


def test_plan_gap_parks_the_subject_and_leaves_others_alone() -> None:
    a, b = SUBJECTS[:2]
    plan = decide([read(a, 1), read(a, 3), read(a, 2), read(b, 1)])
    assert applied(plan) == {a: [1], b: [1]}
    assert [(letter.reason, _sequence(letter)) for letter in plan.letters] == [("gap", 3), ("behind", 2)]
    assert plan.moved[Aggregate("openfapiao/test", a)] == Progress(1, is_parked=True)


def test_plan_parked_subject_keeps_later_events_and_drops_repeats() -> None:
    a = SUBJECTS[0]
    parked = {Aggregate("openfapiao/test", a): Progress(4, is_parked=True)}
    plan = decide([read(a, 4), read(a, 6)], parked)
    assert applied(plan) == {}
    assert [envelope.sequence for envelope in plan.dropped] == [4]
    assert [letter.reason for letter in plan.letters] == ["behind"]


def test_plan_undecodable_payload_parks_its_subject() -> None:
    a = SUBJECTS[0]
    broken = read_record(make_record(make_envelope(subject=a), b"{"), HANDLED)
    plan = decide([broken, read(a, 2)])
    assert applied(plan) == {}
    assert [letter.reason for letter in plan.letters] == ["undecodable", "behind"]


def test_plan_undecodable_envelope_is_put_aside_and_parks_nobody() -> None:
    record = make_record(make_envelope())._replace(headers=[("ce_id", b"?")])
    plan = decide([read_record(record, HANDLED), read(SUBJECTS[0], 1)])
    assert [(letter.reason, letter.envelope) for letter in plan.letters] == [("undecodable", None)]
    assert applied(plan) == {SUBJECTS[0]: [1]}


def test_plan_type_without_handler_moves_progress_and_is_counted() -> None:
    envelope = make_envelope(subject=SUBJECTS[0], kind="invoice.teleported.v9")
    plan = decide([read_record(make_record(envelope, b"not even json"), frozenset())])
    assert plan.unknown == 1
    assert plan.moved == {Aggregate("openfapiao/test", SUBJECTS[0]): Progress(1)}


def test_read_record_unknown_type_with_a_general_handler_gives_the_general_event_only() -> None:
    envelope = make_envelope(kind="invoice.teleported.v9")
    found = read_record(make_record(envelope, b'{"a": 1}'), {EveryEvent.TYPE, "invoice.teleported.v9"})
    assert (list(found.events), found.error) == ([EveryEvent.TYPE], None)


def _sequence(letter: Any) -> int:
    return int(letter.envelope.sequence)
