"""Breaking and shrinking, the rules by themselves."""

from collections.abc import Callable
from operator import mul

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.page.errors import NoRoom
from services.render.page.layout import MM_PER_POINT, NATIVE, Field, fields, load_layout
from services.render.page.text import STEP, Setting, fit_box, fit_cell, rows_at, wrap

pytestmark = pytest.mark.fast


class Advances(dict[str, int]):
    """Chinese characters an em, figures half."""

    def __missing__(self, character: str) -> int:
        return 500 if character.isascii() else 1000


def column(name: str) -> Field:
    return next(field for field in fields(load_layout(NATIVE).columns) if field.name == name)


def box(name: str) -> Field:
    layout = load_layout(NATIVE)
    return next(field for field in fields(layout.head + layout.closing) if field.name == name)


@pytest.mark.parametrize(
    ("length", "size", "rows"),
    [(11, 9.0, 1), (12, 9.0, 2), (33, 9.0, 3), (34, 8.5, 3), (45, 6.5, 3), (46, 6.5, 4), (110, 6.5, 8)],
)
def test_fit_name_wraps_to_three_rows_then_shrinks(length: int, size: float, rows: int) -> None:
    setting = fit_cell(column("name"), "名" * length, Advances())
    assert (setting.size, len(setting.rows)) == (size, rows)


@pytest.mark.parametrize(("text", "size"), [("86.5", 9.0), ("4197.16981132075", 8.5), ("9" * 25, 5.5)])
def test_fit_price_shrinks_on_one_row(text: str, size: float) -> None:
    setting = fit_cell(column("unit_price"), text, Advances())
    assert (setting.size, setting.rows) == (size, [text])


def test_fit_price_beyond_the_smallest_size_takes_another_row() -> None:
    setting = fit_cell(column("unit_price"), "9" * 30, Advances())
    assert (setting.size, "".join(setting.rows), len(setting.rows)) == (5.5, "9" * 30, 2)


@pytest.mark.parametrize(
    ("length", "size", "rows"), [(60, 9.0, 1), (300, 9.0, 5), (450, 7.0, 7), (588, 6.5, 7)]
)
def test_fit_remarks_shrink_stepwise(length: int, size: float, rows: int) -> None:
    setting = fit_box(box("remarks"), "备" * length, Advances())
    assert setting.size == size
    assert len(setting.rows) <= rows


@pytest.mark.parametrize(
    ("lines", "size", "rows"), [(5, 9.0, 5), (7, 7.0, 7), (8, 6.5, 8), (9, 9.0, 1), (150, 9.0, 5)]
)
def test_fit_remarks_keep_line_feeds_while_readable(lines: int, size: float, rows: int) -> None:
    setting = fit_box(box("remarks"), "\n".join(["行"] * lines), Advances())
    assert (setting.size, len(setting.rows)) == (size, rows)


@pytest.mark.parametrize(("length", "rows"), [(26, 1), (27, 2), (52, 2), (100, 3)])
def test_fit_party_name_stays_above_the_tax_id(length: int, rows: int) -> None:
    setting = fit_box(box("buyer_name"), "名" * length, Advances())
    assert len(setting.rows) == rows
    assert setting.size >= 6.5


@given(st.text(alphabet="名a1 \n", max_size=200), st.integers(1000, 20_000))
def test_wrap_loses_nothing_and_keeps_the_limit(text: str, limit: int) -> None:
    rows = wrap(text, Advances(), limit)
    assert "".join(rows) == text.replace("\n", "")
    assert all(sum(Advances()[character] for character in row) <= limit for row in rows)


@given(
    st.builds(mul, st.text(alphabet="名a1 \n", max_size=6), st.integers(0, 150)),
    st.sampled_from(["remarks", "buyer_name", "words", "number"]),
    st.sampled_from(["name", "unit", "unit_price"]),
)
def test_fit_takes_the_first_size_that_has_room(text: str, box_name: str, column_name: str) -> None:
    cell = column(column_name)
    assert fit_cell(cell, text, Advances()) == first_fit(cell, text, lambda _: cell.rows)
    place = box(box_name)
    plain = text.replace("\n", "")
    expected = first_fit(place, plain, lambda size: rows_at(place, size))
    if len(expected.rows) > rows_at(place, expected.size):
        with pytest.raises(NoRoom):
            fit_box(place, plain, Advances())
    else:
        assert fit_box(place, plain, Advances()) == expected


def first_fit(field: Field, text: str, allowed: Callable[[float], int]) -> Setting:
    """By trying every size from the largest."""
    sizes = [field.size - STEP * n for n in range(int((field.size - field.least) / STEP) + 1)]
    for size in sizes:
        rows = wrap(text, Advances(), field.width * 1000 / MM_PER_POINT / size)
        if len(rows) <= allowed(size):
            break
    return Setting(size, rows)
