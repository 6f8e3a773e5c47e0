"""What a client writes down is read back as it was; what it never finished is of unknown outcome."""

from pathlib import Path

import pytest

from tests.chaos.checker.history import read_history
from tests.chaos.clients import judge_answer
from tests.chaos.history import History

pytestmark = pytest.mark.fast


def test_history_invocation_without_end_is_unknown(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    asked = {"tenant": "A", "purpose": "issue", "has_contact": True}
    history.write("invoke", operation="c1", attempt=1, **asked)
    history.write("info", operation="c1", attempt=1, status=503, code="unavailable")
    history.write("invoke", operation="c1", attempt=2, **asked)
    history.write("ok", operation="c1", attempt=2, status=201, invoice_id="i", number=None, digest="d")
    history.write("invoke", operation="c2", attempt=1, **asked)
    history.write("drained", seconds=3.5)
    history.close()
    read = read_history(history.path)
    assert read.drained_after == 3.5
    first, second = read.operations
    assert [answer.kind for answer in first.answers] == ["info", "ok"]
    assert first.acknowledged[0].invoice_id == "i"
    assert [answer.kind for answer in second.answers] == ["info"]


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (201, b'{"id": "i"}', "ok"),
        (200, b'{"id": "i"}', "ok"),
        (422, b'{"code": "validation-failed"}', "fail"),
        (409, b'{"code": "duplicate-reference"}', "fail"),
        (409, b'{"code": "request-in-flight"}', "info"),
        (429, b'{"code": "rate-limited"}', "info"),
        (503, b'{"code": "unavailable"}', "info"),
        (502, b"<html>", "info"),
    ],
)
def test_answer_is_definite_only_where_it_says_so(status: int, content: bytes, kind: str) -> None:
    assert judge_answer(status, content)[0] == kind
