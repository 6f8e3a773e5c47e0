"""Every problem is complete in both languages, its code is its own, and docs/problems.md says the same."""

import re
from collections import defaultdict

import pytest

from docs.generate import find_drift
from docs.generators.problems import entry_of, load_problems
from libs.common.problems import Problem, all_problems

pytestmark = pytest.mark.fast

PROBLEMS = load_problems()
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def test_catalogue_page_agrees_with_the_code() -> None:
    assert find_drift("problems") == [], "run `python -m docs.generate problems`"


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.code)
def test_problem_is_complete_in_both_languages(problem: type[Problem]) -> None:
    entry = entry_of(problem)
    assert _CODE.fullmatch(problem.code)
    for name in ("title", "remedy"):
        assert str(entry[name]).isascii(), name
        assert _CHINESE.search(str(entry[f"{name}_zh"])), f"{name}_zh"
    assert not problem.title.endswith(".")
    assert problem.remedy.endswith(".")
    assert problem.remedy_zh.endswith("。")
    assert "|" not in "".join(map(str, entry.values()))


def test_problem_of_too_many_requests_is_retryable_and_bad_content_is_not() -> None:
    found = {(problem.status, problem.retryable) for problem in PROBLEMS if problem.status in {400, 422, 429}}
    assert found == {(400, False), (422, False), (429, True)}


def test_problem_codes_are_not_shared_by_unrelated_classes() -> None:
    by_code: dict[str, list[type[Problem]]] = defaultdict(list)
    for problem in dict.fromkeys(all_problems()):
        by_code[problem.code].append(problem)
    for code, kinds in by_code.items():
        first = min(kinds, key=lambda kind: len(kind.__mro__))
        assert all(issubclass(kind, first) for kind in kinds), f"{code}: {kinds}"
        assert {(kind.status, kind.retryable) for kind in kinds} == {(first.status, first.retryable)}, code


def test_codes_that_clients_rely_on_exist() -> None:
    """The list of the public contract."""
    statuses = {problem.code: problem.status for problem in PROBLEMS}
    relied_on = {
        "validation-failed": 422,
        "idempotency-key-missing": 400,
        "idempotency-key-reused": 422,
        "request-in-flight": 409,
        "duplicate-reference": 409,
        "duplicate-invoice": 409,
        "quota-exceeded": 409,
        "not-found": 404,
        "unauthenticated": 401,
        "forbidden": 403,
        "unprintable-character": 422,
        "body-too-large": 413,
        "unsupported-media-type": 415,
        "malformed-json": 400,
        "rate-limited": 429,
        "unavailable": 503,
        "invalid-credentials": 401,
        "sign-in-locked": 429,
    }
    assert {code: statuses.get(code) for code in relied_on} == relied_on
