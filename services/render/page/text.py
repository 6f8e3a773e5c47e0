"""Setting a value into its place: break into rows, then shrink, never cut."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from services.render.page.errors import NoRoom
from services.render.page.layout import MM_PER_POINT, Field

STEP = 0.5  # points between two tries
READABLE = 6.5  # points
_ASCENT = 0.88  # of the type size: how high characters stand above their baseline


class Setting(NamedTuple):
    """A value broken into rows, and its size in points."""

    size: float
    rows: list[str]


def fit_cell(field: Field, text: str, advances: Mapping[str, int]) -> Setting:
    """Set a cell of the item table: up to `rows` rows, then smaller, and at the smallest size as many as needed."""
    return _fit(field, text, advances, lambda _: field.rows)


def fit_box(field: Field, text: str, advances: Mapping[str, int]) -> Setting:
    """Set a value into a box of fixed height. Line feeds that leave no readable size become spaces."""
    setting = _fit(field, text, advances, lambda size: rows_at(field, size))
    if "\n" in text and (setting.size < READABLE or len(setting.rows) > rows_at(field, setting.size)):
        setting = _fit(field, text.replace("\n", "  "), advances, lambda size: rows_at(field, size))
    if len(setting.rows) > rows_at(field, setting.size):
        raise NoRoom(field.name)
    return setting


def rows_at(field: Field, size: float) -> int:
    """How many rows a box holds at a size: the smaller the type, the closer they are and the higher they begin."""
    headroom = (field.size - size) * MM_PER_POINT * _ASCENT
    return 1 + int((field.depth + headroom) / pitch_at(field, size))


def first_baseline(field: Field, setting: Setting) -> float:
    """Where the rows of a box begin: higher than at full size only if they would end too low."""
    return field.y - max(0.0, (len(setting.rows) - 1) * pitch_at(field, setting.size) - field.depth)


def pitch_at(field: Field, size: float) -> float:
    """Distance in mm between two rows of a box."""
    return field.pitch * size / field.size


def measure(text: str, advances: Mapping[str, int]) -> int:
    """Width in 1/1000 em."""
    return sum(map(advances.__getitem__, text))


def wrap(text: str, advances: Mapping[str, int], limit: float) -> list[str]:
    """Rows of at most `limit` thousandths of an em; breaks after any character and at line feeds."""
    rows = []
    for paragraph in text.split("\n"):
        start = width = 0
        for index, character in enumerate(paragraph):
            width += advances[character]
            if width > limit and index > start:
                rows.append(paragraph[start:index])
                start, width = index, advances[character]
        rows.append(paragraph[start:])
    return rows


def _fit(field: Field, text: str, advances: Mapping[str, int], allowed: Callable[[float], int]) -> Setting:
    limit = field.width * 1000 / MM_PER_POINT  # divided by a size in points: thousandths of an em
    width = measure(text.replace("\n", ""), advances)
    if width * field.size <= limit and "\n" not in text:
        return Setting(field.size, [text])
    size = field.size
    while width * size > limit * allowed(size) and size - STEP >= field.least:
        size -= STEP  # its width alone fills more rows
    rows = wrap(text, advances, limit / size)
    while len(rows) > allowed(size) and size - STEP >= field.least:
        size -= STEP
        rows = wrap(text, advances, limit / size)
    return Setting(size, rows)
