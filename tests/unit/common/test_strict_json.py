"""What counts as a JSON body: plain, unambiguous, shallow; all else is a problem, never an exception."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.problems import Invalid, Malformed, Problem, UnprintableCharacter
from libs.common.strict_json import MAX_DEPTH, parse_json

pytestmark = pytest.mark.fast

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8", exclude_characters="\0")), inner, max_size=4)
    ),
    max_leaves=20,
)
SCRAPS = [
    *'{}[]":,\\1-é \t\0',
    r"\u0000",
    r"\ud800",
    r"\udc00",
    "e5",
    "1.5",
    "NaN",
    "-Infinity",
    "null",
    "tru",
]
SCRAPS += ['"a":', "\ufeff", "0" * 30, "9" * 5000, "[" * 2000]


def join(parts: list[str]) -> bytes:
    return "".join(parts).encode()


@given(VALUES)
def test_json_that_is_sound_is_read_as_it_is(value: Any) -> None:
    for is_escaped in (True, False):
        assert parse_json(json.dumps(value, ensure_ascii=is_escaped).encode()) == value


@given(st.binary(max_size=100) | st.lists(st.sampled_from(SCRAPS), max_size=30).map(join))
def test_json_of_any_bytes_is_read_or_is_a_problem(body: bytes) -> None:
    try:
        parse_json(body)
    except Problem as problem:
        assert problem.status in {400, 422}  # noqa: PT017 - either outcome is sound
        json.dumps(problem.as_dict(instance="/", request_id="a")).encode()


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": NaN}',
        b"[Infinity]",
        b"-Infinity",
        b'{"a": 1, "a": 1}',
        b'{"x": {"a": 1, "\\u0061": 2}}',
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} {}',
        b'{"a": 01}',
        b"",
        b" ",
        b'"\x01"',
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        '{"a": 1}'.encode("utf-32-le"),
        b"[" * 2_000 + b"]" * 2_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1),
    ],
    ids=lambda body: repr(body[:20]),
)
def test_json_that_is_unsound_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed) as refused:
        parse_json(body)
    assert refused.value.detail_zh


@pytest.mark.parametrize(
    "body", [b"[1" + b"0" * 5000 + b"]", b"-" + b"9" * 20, b'{"a": 100000000000000000000}']
)
def test_json_integer_beyond_every_field_is_invalid(body: bytes) -> None:
    with pytest.raises(Invalid):
        parse_json(body)


def test_json_integer_of_eighteen_digits_is_exact() -> None:
    assert parse_json(b"[999999999999999999, -999999999999999999]") == [10**18 - 1, 1 - 10**18]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"a": {"b": ["x", "a\\u0000b"]}}', "/a/b/1"),
        (b'{"a": "\\ud800"}', "/a"),
        (b'{"a": "\\udc00\\ud800"}', "/a"),
        (b'{"a": {"k\\u0000": 1}}', "/a"),
        (b'{"\\udfff": 1}', ""),
        (b'{"a/b~c": "\\u0000"}', "/a~1b~0c"),
    ],
)
def test_json_text_with_nul_or_lone_surrogate_is_refused_where_it_stands(body: bytes, pointer: str) -> None:
    with pytest.raises(UnprintableCharacter) as refused:
        parse_json(body)
    assert refused.value.errors[0].pointer == pointer


def test_json_surrogate_pair_is_one_character() -> None:
    assert parse_json(b'"\\ud83d\\ude00"') == "\U0001f600"


def test_json_nested_as_deep_as_allowed_is_read() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
