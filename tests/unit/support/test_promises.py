"""What the platform's own tickets say."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from libs.common.ids import TenantId, new_id
from services.support.domain.facts import InvoiceName, id_or_text
from services.support.domain.promises import MissedPromise, missed_promise_text, refused

pytestmark = pytest.mark.fast

MISSED = MissedPromise(
    tenant=TenantId(new_id()),
    invoice=InvoiceName(new_id(), "26422000000000000001", "SO-1"),
    expected_final_by=datetime(2026, 11, 24, 16, 30, tzinfo=UTC),
    authority_state="outcome_unknown",
    problem="timeout",
    problem_zh="超时",
    has_ticket=False,
)


def test_missed_promise_text_names_invoice_hour_state_and_problem_in_both_languages() -> None:
    said = missed_promise_text(MISSED)
    assert said.category == "promise"
    assert "26422000000000000001" in said.title
    chinese, english = said.text.split("\n\n")
    assert "2026-11-25 00:30:00（北京时间）" in chinese
    assert "上传结果未知" in chinese
    assert "最近的问题：超时" in chinese
    assert "2026-11-25 00:30:00 (Beijing time)" in english
    assert "outcome_unknown" in english
    assert "Last problem: timeout" in english


def test_missed_promise_text_without_number_uses_the_reference() -> None:
    said = missed_promise_text(replace(MISSED, invoice=InvoiceName(new_id(), None, "SO-77")))
    assert "SO-77" in said.title


def test_missed_promise_text_without_problem_says_nothing_of_one() -> None:
    said = missed_promise_text(replace(MISSED, problem=None, problem_zh=None))
    assert "problem" not in said.text
    assert "最近的问题" not in said.text


def test_missed_promise_text_long_problem_stays_within_the_limits() -> None:
    said = missed_promise_text(replace(MISSED, problem="x" * 9000, problem_zh=None))
    assert len(said.text) <= 5000
    assert len(said.title) <= 200


def test_refused_gives_both_reasons() -> None:
    assert refused("buyer unknown", "购买方不存在") == (
        "税务机关已拒绝该发票：购买方不存在 / The tax authority refused the invoice: buyer unknown"
    )


def test_id_or_text_tells_ids_from_numbers() -> None:
    some_id = new_id()
    assert id_or_text(str(some_id)) == (some_id, None)
    assert id_or_text("26422000000000000001") == (None, "26422000000000000001")
