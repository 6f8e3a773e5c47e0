"""Reads the history that clients and faults left behind: JSON lines, one before and one after each call."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos.checker.evidence import Answer, Operation, Strike


@dataclass(frozen=True)
class History:
    """A run as its clients saw it."""

    operations: Sequence[Operation]
    strikes: Sequence[Strike]
    drained_after: float | None


def read_history(path: Path) -> History:
    """An invocation without an end (its client died with it) is of unknown outcome."""
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    strikes = [_strike(line) for line in lines if line["type"] == "strike"]
    drained = [line["seconds"] for line in lines if line["type"] == "drained"]
    return History(list(_operations(lines)), strikes, drained[0] if drained else None)


def _operations(lines: Iterable[dict[str, Any]]) -> Iterable[Operation]:
    wanted: dict[str, dict[str, Any]] = {}
    ends: dict[tuple[str, int], Answer] = {}
    for line in lines:
        if line["type"] == "invoke":
            wanted.setdefault(line["operation"], line)
            ends[line["operation"], line["attempt"]] = Answer(kind="info")
        elif line["type"] in {"ok", "fail", "info"}:
            ends[line["operation"], line["attempt"]] = _answer(line)
    for name, line in wanted.items():
        answers = [answer for (operation, _), answer in ends.items() if operation == name]
        yield Operation(
            name=name,
            tenant=line["tenant"],
            purpose=line["purpose"],
            has_contact=line["has_contact"],
            answers=answers,
        )


def _answer(line: dict[str, Any]) -> Answer:
    return Answer(
        kind=line["type"],
        status=line.get("status", 0),
        code=line.get("code", ""),
        invoice_id=line.get("invoice_id") or "",
        number=line.get("number") or "",
        digest=line.get("digest", ""),
    )


def _strike(line: dict[str, Any]) -> Strike:
    return Strike(
        kind=line["fault"],
        target=line["target"],
        began_at=line["began_at"],
        ended_at=line["ended_at"],
        came_back_after=line["came_back_after"],
    )
