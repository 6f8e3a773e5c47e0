"""Reading JSON member by member: the same as all at once, however it is cut into pieces."""

import json
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.verify.json_stream import BadJson, read_members

pytestmark = pytest.mark.fast

SCALARS = st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
)


def cut(content: bytes, size: int) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


@given(
    st.dictionaries(st.text(max_size=6), VALUES, max_size=5), st.integers(1, 50), st.sampled_from([None, 1])
)
def test_members_are_those_of_the_whole_text(value: dict[str, Any], size: int, indent: int | None) -> None:
    content = json.dumps(value, ensure_ascii=False, indent=indent).encode("utf-8", "surrogatepass")
    try:
        content.decode()
    except UnicodeDecodeError:
        return
    expected = [
        (name, item)
        for name, member in value.items()
        for item in (member if isinstance(member, list) else [member])
    ]
    assert list(read_members(cut(content, size))) == expected


@pytest.mark.parametrize(
    "content",
    ["", "[]", "7", "{", '{"a"', '{"a":', '{"a":1', '{"a":[1', '{"a":[1,]}', '{"a" 1}', '{1:2}', '{"a":{"b":1,"b":2}}',
     '{"a":' + "[[" * 100_000],
)  # fmt: skip
def test_text_that_is_no_object_is_refused(content: str) -> None:
    with pytest.raises(BadJson):
        list(read_members(cut(content.encode(), 7)))


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(BadJson):
        list(read_members([b'{"a":"\xff"}']))


def test_memory_stays_flat_over_many_items() -> None:
    item = json.dumps({"name": "x" * 500}).encode()
    pieces = iter([b'{"files":[', *([item + b","] * 40_000), item, b"]}"])
    tracemalloc.start()
    count = sum(1 for _ in read_members(pieces))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 40_001
    assert most < 3 * 1024 * 1024


def test_value_without_end_is_refused() -> None:
    with pytest.raises(BadJson, match="too large"):
        list(read_members(iter([b'{"a":"', *([b"x" * 1024 * 1024] * 40)])))
