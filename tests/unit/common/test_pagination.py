"""Cursors come back as they were given out; forged and cut ones are refused."""

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.pagination import cut_page, decode_cursor, encode_cursor
from libs.common.problems import Invalid

pytestmark = pytest.mark.fast


def read(cursor: str) -> tuple[str, UUID]:
    return decode_cursor(cursor, tuple[str, UUID])


@given(st.text(), st.uuids())
def test_cursor_comes_back_as_the_keys_it_was_made_of(text: str, identity: UUID) -> None:
    if text.isprintable():
        assert read(encode_cursor(text, identity)) == (text, identity)


@given(st.text(max_size=100) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_cursor_of_any_text_is_refused_or_sound(text: str) -> None:
    with suppress(Invalid):
        assert isinstance(read(text)[1], UUID)


def test_cursor_cut_anywhere_is_refused() -> None:
    cursor = encode_cursor("2026-11-24T06:40:00Z", uuid4())
    for length in range(len(cursor)):
        with pytest.raises(Invalid):
            read(cursor[:length])


@pytest.mark.parametrize("keys", [(), ("a",), ("a", 1), (1, str(uuid4())), ("a", str(uuid4()), "b"), ({},)])
def test_cursor_of_another_list_is_refused(keys: tuple[Any, ...]) -> None:
    with pytest.raises(Invalid):
        read(encode_cursor(*keys))


def test_page_of_all_rows_has_no_next_cursor() -> None:
    assert cut_page([1, 2, 3], 3, lambda row: (row,)) == ([1, 2, 3], None)


def test_page_of_more_rows_ends_with_the_cursor_of_its_last_row() -> None:
    page, cursor = cut_page([1, 2, 3, 4], 3, lambda row: (row,))
    assert page == [1, 2, 3]
    assert cursor is not None
    assert decode_cursor(cursor, tuple[int]) == (3,)
