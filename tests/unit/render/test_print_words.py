"""Running text in rows: nothing is lost, nothing too wide, words and closing marks stay where they belong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.page.text import measure
from services.render.print.words import wrap_words

pytestmark = pytest.mark.fast

WIDTHS = {chr(code): 500 for code in range(32, 127)} | dict.fromkeys("一二三四，。：（）", 1000)


@given(st.text("ab c一二三，。：(", max_size=60))
def test_rows_hold_all_of_the_text_and_are_never_too_wide(text: str) -> None:
    rows = wrap_words(text, WIDTHS, 4000)
    assert "".join(rows).replace(" ", "") == text.replace(" ", "")
    assert all(measure(row, WIDTHS) <= 4000 for row in rows)


def test_word_and_closing_mark_stay_whole() -> None:
    assert wrap_words("一二三 0571-12", WIDTHS, 5000) == ["一二三", "0571-12"]
    assert wrap_words("一二三四，一", WIDTHS, 4000) == ["一二三", "四，一"]
    assert wrap_words("一\n二", WIDTHS, 4000) == ["一", "二"]
    assert wrap_words("abcdefghijk", WIDTHS, 2000) == ["abcd", "efgh", "ijk"]
