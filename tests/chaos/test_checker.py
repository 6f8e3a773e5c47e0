"""The checker itself: it finds nothing wrong with a sound outcome, and each kind of damage by the right requirement."""

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from tests.chaos.checker.evidence import ABOUT_TAXPAYERS, Answer, Evidence, Operation
from tests.chaos.checker.verdict import broken, draw_table, judge
from tests.chaos.made_evidence import (
    NUMBERS,
    make_block,
    make_evidence,
    make_mail,
    make_strike,
)

pytestmark = pytest.mark.fast

T = TypeVar("T")
Damage = Callable[[Evidence], Evidence]
CHECKER = Path(__file__).parent / "checker"


def changed(items: Sequence[T], index: int, **changes: object) -> list[T]:
    """The same but for one item."""
    spoilt = list(items)
    spoilt[index] = replace(spoilt[index], **changes)  # type: ignore[type-var]
    return spoilt


def without(items: Sequence[T], index: int) -> list[T]:
    return [item for place, item in enumerate(items) if place != index]


def doubled(items: Sequence[T], index: int, **changes: object) -> list[T]:
    return [*items, replace(items[index], **changes)]  # type: ignore[type-var]


def unknown_operation(e: Evidence) -> Evidence:
    """An operation of unknown outcome that happened twice."""
    operation = Operation(name="lost", tenant="A", purpose="issue", answers=[Answer(kind="info")])
    twice = [replace(e.invoices[0], id=name, operation="lost") for name in ("one", "two")]
    return replace(e, operations=[*e.operations, operation], invoices=[*e.invoices, *twice])


def swapped_events(e: Evidence) -> Evidence:
    records = list(e.records)
    records[0], records[1] = records[1], records[0]
    return replace(e, records=records)


DAMAGES: dict[str, tuple[str, Damage]] = {
    "an acknowledged invoice is lost": (
        "acknowledged",
        lambda e: replace(e, invoices=without(e.invoices, 0)),
    ),
    "an acknowledged invoice exists twice": (
        "acknowledged",
        lambda e: replace(e, invoices=doubled(e.invoices, 0, id="another")),
    ),
    "an acknowledged number changed": (
        "acknowledged",
        lambda e: replace(
            e,
            operations=changed(
                e.operations, 0, answers=[Answer(kind="ok", invoice_id="invoice-A", number="1")]
            ),
        ),
    ),
    "an unknown one happened twice": ("unknown outcome", unknown_operation),
    "a refused one exists": (
        "refused or rehearsed",
        lambda e: replace(e, invoices=doubled(e.invoices, 0, id="another", operation="bad")),
    ),
    "a rehearsed one exists": (
        "refused or rehearsed",
        lambda e: replace(e, invoices=doubled(e.invoices, 0, id="another", operation="dry")),
    ),
    "nobody asked for one": (
        "refused or rehearsed",
        lambda e: replace(e, invoices=doubled(e.invoices, 0, id="another", operation="")),
    ),
    "a repeat was answered with other bytes": (
        "one key",
        lambda e: replace(
            e,
            operations=changed(
                e.operations, 0, answers=[*e.operations[0].answers, Answer(kind="ok", digest="other")]
            ),
        ),
    ),
    "a repeat was refused": (
        "one key",
        lambda e: replace(
            e, operations=changed(e.operations, 0, answers=[*e.operations[0].answers, Answer(kind="fail")])
        ),
    ),
    "a sound request was never accepted": (
        "sound",
        lambda e: replace(e, operations=changed(e.operations, 0, answers=[Answer(kind="info")])),
    ),
    "an unsound request was not refused": (
        "sound",
        lambda e: replace(e, operations=changed(e.operations, 2, answers=[Answer(kind="info")])),
    ),
    "a number was given twice": (
        "numbers: 0 duplicates",
        lambda e: replace(e, invoices=changed(e.invoices, 1, number=NUMBERS["A"])),
    ),
    "a number was skipped": (
        "numbers: 0 gaps",
        lambda e: replace(e, blocks=[replace(make_block(), next=make_block().next + 1)]),
    ),
    "a number is ahead of its block": (
        "numbers: 0 gaps",
        lambda e: replace(e, blocks=[replace(make_block(), next=make_block().first)]),
    ),
    "a number lies in no block": (
        "numbers: 0 gaps",
        lambda e: replace(e, invoices=changed(e.invoices, 0, number="26427000009000000001")),
    ),
    "the bureau gave a block that nobody has": (
        "numbers: 0 gaps",
        lambda e: replace(e, blocks_at_bureau=[*e.blocks_at_bureau, ("A", 1, 9)]),
    ),
    "events came in another order": ("events: each in order", swapped_events),
    "an event in the middle is lost": (
        "events: each in order",
        lambda e: replace(e, records=without(e.records, 0)),
    ),
    "the last event is lost": ("events: each in order", lambda e: replace(e, records=without(e.records, 1))),
    "two events have one sequence": (
        "events: each in order",
        lambda e: replace(e, records=doubled(e.records, 1, id="another")),
    ),
    "a subject is spread over partitions": (
        "events: each in order",
        lambda e: replace(e, records=changed(e.records, 1, partition=4)),
    ),
    "an invoice was announced twice": (
        "events: one of each step",
        lambda e: replace(e, records=doubled(e.records, 0, id="another", sequence=3)),
    ),
    "an event tells another number": (
        "events: one of each step",
        lambda e: replace(e, records=changed(e.records, 0, payload={**e.records[0].payload, "number": "1"})),
    ),
    "an event tells of nothing": (
        "events: none of what",
        lambda e: replace(e, records=doubled(e.records, 0, id="ghost", subject="ghost")),
    ),
    "a row of the list is missing": ("list", lambda e: replace(e, views=without(e.views, 0))),
    "a row of the list is stale": (
        "list",
        lambda e: replace(e, views=changed(e.views, 0, authority_state="not_submitted")),
    ),
    "the list has another PDF": (
        "list",
        lambda e: replace(e, views=changed(e.views, 0, documents={"pdf": "other"})),
    ),
    "a PDF is missing": ("archive", lambda e: replace(e, documents=without(e.documents, 0))),
    "an XML is missing": ("archive", lambda e: replace(e, documents=without(e.documents, 2))),
    "the event of documents tells of one alone": (
        "events: one of each step",
        lambda e: replace(e, records=changed(e.records, 2, payload={"documents": [{"format": "pdf"}]})),
    ),
    "a PDF was never drawn": (
        "archive",
        lambda e: replace(e, documents=changed(e.documents, 0, state="failed")),
    ),
    "a PDF is not in the store": (
        "archive",
        lambda e: replace(e, documents=changed(e.documents, 0, problem="NoSuchKey")),
    ),
    "a PDF has other bytes": (
        "archive",
        lambda e: replace(e, documents=changed(e.documents, 0, found_sha256="other")),
    ),
    "a PDF is none": (
        "archive",
        lambda e: replace(e, documents=changed(e.documents, 0, found_start=b"<html")),
    ),
    "support knows an old state": (
        "support",
        lambda e: replace(e, facts=changed(e.facts, 1, status="pending")),
    ),
    "a message is missing": ("inbox", lambda e: replace(e, inbox=without(e.inbox, 0))),
    "a message came twice": ("inbox", lambda e: replace(e, inbox=[*e.inbox, e.inbox[0]])),
    "the feed lacks an event": (
        "feed",
        lambda e: replace(e, feeds={**e.feeds, "A": without(e.feeds["A"], 2)}),
    ),
    "the feed has an event twice": (
        "feed",
        lambda e: replace(e, feeds={**e.feeds, "A": [*e.feeds["A"], e.feeds["A"][0]]}),
    ),
    "the feed is out of order": (
        "feed",
        lambda e: replace(e, feeds={**e.feeds, "A": list(reversed(e.feeds["A"]))}),
    ),
    "the feed shows another tenant's event": (
        "feed",
        lambda e: replace(e, feeds={**e.feeds, "A": [*e.feeds["A"], *e.feeds["B"]]}),
    ),
    "a mail is missing": ("mail", lambda e: replace(e, mails=without(e.mails, 0))),
    "a mail came twice without a fault": (
        "mail",
        lambda e: replace(e, mails=[*e.mails, make_mail("A", 130.0)]),
    ),
    "a mail came twice under two names": (
        "mail",
        lambda e: replace(
            e,
            mails=[*e.mails, replace(make_mail("A", 130.0), message_id="<other@example.cn>")],
            strikes=[make_strike("notify-worker-1", 110.0)],
        ),
    ),
    "a mail carries another PDF": (
        "mail",
        lambda e: replace(e, mails=changed(e.mails, 0, attachments=e.mails[0].attachments[:2])),
    ),
    "a stranger got a mail": (
        "mail",
        lambda e: replace(e, mails=[*e.mails, replace(make_mail("A", 130.0), to="who@example.cn")]),
    ),
    "the bureau lacks an invoice": ("bureau", lambda e: replace(e, held=without(e.held, 0))),
    "the bureau holds an invoice twice": (
        "bureau",
        lambda e: replace(e, held=doubled(e.held, 0, serial="other")),
    ),
    "the bureau holds one nobody knows": (
        "bureau",
        lambda e: replace(e, held=doubled(e.held, 1, serial="other", number="26332000001000000008")),
    ),
    "an invoice was never confirmed": (
        "bureau",
        lambda e: replace(e, invoices=changed(e.invoices, 0, authority_state="submitted")),
    ),
    "the bureau has other sums": (
        "bureau",
        lambda e: replace(e, held=changed(e.held, 0, amount=Decimal("99.00"))),
    ),
    "quota was used twice": (
        "sums",
        lambda e: replace(e, quotas=changed(e.quotas, 0, used=Decimal("200.00"))),
    ),
    "quota stays reserved": ("sums", lambda e: replace(e, quotas=changed(e.quotas, 1, reserved=Decimal(1)))),
    "an event was put aside": (
        "nothing left",
        lambda e: replace(e, leftovers={"render dead letters": 1}),
    ),
    "a process stayed away": (
        "recovery",
        lambda e: replace(e, strikes=[replace(make_strike("s3", 50.0), came_back_after=None)]),
    ),
    "the drain took too long": ("recovery", lambda e: replace(e, drained_after=31.0)),
    "the drain never ended": ("recovery", lambda e: replace(e, drained_after=None)),
}


def test_checker_sound_outcome_finds_nothing() -> None:
    assert broken(judge(make_evidence())) == []


@pytest.mark.parametrize("name", DAMAGES)
def test_checker_damaged_outcome_is_found_by_the_right_requirement(name: str) -> None:
    requirement, damage = DAMAGES[name]
    found = [finding.requirement for finding in broken(judge(damage(make_evidence())))]
    assert any(each.startswith(requirement) for each in found), found


def test_checker_repeated_records_and_explained_mails_are_no_damage() -> None:
    evidence = make_evidence()
    again = [*evidence.records, *evidence.records]
    mails = [*evidence.mails, make_mail("A", 130.0)]
    strikes = [make_strike("notify-worker-1", 110.0)]
    findings = judge(replace(evidence, records=again, mails=mails, strikes=strikes))
    assert broken(findings) == []
    assert "8 repeats" in draw_table(findings)


def test_checker_closed_connection_of_a_taxpayer_is_no_damage() -> None:
    """It is about no invoice, and stands in the tenant's feed."""
    evidence = make_evidence()
    changed = {"id": "changed", "type": ABOUT_TAXPAYERS, "subject": "taxpayer-A", "sequence": 1}
    records = doubled(evidence.records, 0, **changed, key="taxpayer-A", offset=100)
    feeds = {**evidence.feeds, "A": doubled(evidence.feeds["A"], 0, **changed)}
    last = {**evidence.last_sequences, ("invoice.events", "taxpayer-A"): 1}
    assert broken(judge(replace(evidence, records=records, feeds=feeds, last_sequences=last))) == []
    ghost = [finding.requirement for finding in broken(judge(replace(evidence, feeds=feeds)))]
    assert ghost == ["feed: complete, in order"]


def test_checker_shares_no_code_with_the_product() -> None:
    imported = set()
    for path in CHECKER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
    assert imported.isdisjoint({"libs", "services", "sandbox", "deploy"})
