"""docs/problems.md: every problem a client can be told, from the classes that are raised."""

from collections.abc import Iterable
from itertools import groupby

from docs.generators.services import service_modules
from libs.common.problems import Problem, all_problems

_HEAD = """\
# Problems

Written by `python -m docs.generate problems`; a test compares it with the code.

Every error is answered as `application/problem+json` (RFC 9457). `type` is `/problems/<code>`; the code never changes
its meaning. `retryable` says whether the same request may succeed later: wait for `Retry-After` where it is given, and
keep the `Idempotency-Key`.
"""
_ENTRY = """
### `{code}`

| | |
|---|---|
| status | {status} |
| title | {title} |
| 标题 | {title_zh} |
| remedy | {remedy} |
| 处理办法 | {remedy_zh} |
| retryable | {retryable} |
"""


def load_problems() -> list[type[Problem]]:
    """One class a code, in the order of status and code; a class that keeps its parent's code is the same problem."""
    for name in ("errors", "main"):
        list(service_modules(name))
    by_code: dict[str, type[Problem]] = {}
    for problem in all_problems():
        if problem.__module__.startswith(("libs.", "services.")):
            by_code.setdefault(problem.code, problem)
    return sorted(by_code.values(), key=lambda problem: (problem.status, problem.code))


def describe_problems() -> dict[str, str]:
    problems = load_problems()
    return {"problems.md": "".join([_HEAD, *_index(problems), *_sections(problems)])}


def _index(problems: Iterable[type[Problem]]) -> list[str]:
    rows = [f"| [`{p.code}`](#{p.code}) | {p.status} | {p.title} | {p.title_zh} |\n" for p in problems]
    return ["\n| code | status | title | 标题 |\n|---|---|---|---|\n", *rows]


def _sections(problems: Iterable[type[Problem]]) -> list[str]:
    texts: list[str] = []
    for status, group in groupby(problems, key=lambda problem: problem.status):
        texts.append(f"\n## {status}\n")
        texts += [_ENTRY.format_map(entry_of(problem)) for problem in group]
    return texts


def entry_of(problem: type[Problem]) -> dict[str, object]:
    """The catalogue's entry of a class."""
    return {
        "code": problem.code,
        "status": problem.status,
        "title": problem.title,
        "title_zh": problem.title_zh,
        "remedy": problem.remedy,
        "remedy_zh": problem.remedy_zh,
        "retryable": "yes" if problem.retryable else "no",
    }
