"""The catalogue of problems: complete in both languages, distinct codes, and answers that hold all members."""

import importlib
import re
from pathlib import Path

import msgspec
import pytest

from libs.common.problem_answers import invalid_from, problem_response
from libs.common.problems import FieldError, Invalid, Problem, TooManyRequests, Unauthenticated, all_problems

pytestmark = pytest.mark.fast

for path in Path("services").glob("*/errors.py"):
    importlib.import_module(f"services.{path.parent.name}.errors")

CATALOGUE = sorted(
    {kind for kind in all_problems() if kind.__module__.startswith(("libs.", "services."))},
    key=lambda kind: (kind.code, kind.__module__),
)
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_problem_has_both_languages_and_a_stable_code(kind: type[Problem]) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", kind.code)
    assert 400 <= kind.status < 600
    for text in (kind.title, kind.remedy):
        assert text
        assert not _CHINESE.search(text)
    for text in (kind.title_zh, kind.remedy_zh):
        assert _CHINESE.search(text)


def test_problem_codes_stand_for_one_status_each() -> None:
    statuses: dict[str, set[int]] = {}
    for kind in CATALOGUE:
        statuses.setdefault(kind.code, set()).add(kind.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}
    assert len(statuses) > 20


def test_problem_answer_holds_every_member_and_extensions() -> None:
    problem = TooManyRequests("Slow down.", detail_zh="请放慢。", retry_after=3, limit=200)
    response = problem_response(problem, "/v1/invoices", "erp-1")
    body = msgspec.json.decode(bytes(response.body))
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["retry-after"] == "3"
    assert response.headers["cache-control"] == "no-store"
    assert body == {
        "type": "/problems/rate-limited",
        "code": "rate-limited",
        "title": TooManyRequests.title,
        "title_zh": TooManyRequests.title_zh,
        "status": 429,
        "detail": "Slow down.",
        "detail_zh": "请放慢。",
        "instance": "/v1/invoices",
        "request_id": "erp-1",
        "retryable": True,
        "remedy": TooManyRequests.remedy,
        "remedy_zh": TooManyRequests.remedy_zh,
        "limit": 200,
    }


def test_problem_answer_of_401_names_the_challenge() -> None:
    assert problem_response(Unauthenticated(), "/", "a").headers["www-authenticate"] == "Bearer"


def test_validation_error_never_repeats_what_was_sent() -> None:
    error = {"type": "missing", "loc": ("body", "a\ud800b~/c"), "msg": "Field required", "input": "secret"}
    problem = invalid_from([error])
    (field,) = problem.errors
    assert field == FieldError("/a?b~0~1c", "missing", "Field required", "缺少必填字段。")
    assert b"secret" not in bytes(problem_response(problem, "/", "a").body)


def test_validation_errors_are_cut_at_fifty() -> None:
    error = {"type": "extra_forbidden", "loc": ("body", "x"), "msg": "no"}
    problem = invalid_from([error] * 5000)
    assert isinstance(problem, Invalid)
    assert len(problem.errors) == 50


def test_choices_are_listed_in_both_languages() -> None:
    error = {
        "type": "literal_error",
        "loc": ("query", "wait"),
        "msg": "…",
        "ctx": {"expected": "'a', 'b' or 'c'"},
    }
    (field,) = invalid_from([error]).errors
    assert field.detail_zh == "只能取以下值之一：'a'、'b'、'c'。"
