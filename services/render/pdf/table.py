"""The item table: cells set into rows, lines dealt out to pages."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.render.pdf.errors import NoRoom
from services.render.pdf.face import Line
from services.render.pdf.fonts import font_file
from services.render.pdf.layout import MM_PER_POINT, Field, Grid, fields, native
from services.render.pdf.text import Setting, fit_cell

TIGHTEST = 1.08  # row distance per type size, for one line that fills a page


class SetLine(NamedTuple):
    """A line of the invoice, set: one setting a column, `height` text rows of the grid."""

    line: Line
    cells: list[Setting]
    height: int


def set_lines(lines: Sequence[Line]) -> list[SetLine]:
    """Break and shrink every cell."""
    columns, advances = fields(native().columns), font_file("song").advances
    return [set_line(line, columns, advances) for line in lines]


def set_line(line: Line, columns: Sequence[Field], advances: Mapping[str, int]) -> SetLine:
    """One line; it is as high as its highest cell."""
    cells = [fit_cell(field, getattr(line, field.name) or "", advances) for field in columns]
    return SetLine(line, cells, max(len(cell.rows) for cell in cells))


def paginate(lines: Sequence[SetLine], grid: Grid) -> list[list[SetLine]]:
    """Pages of whole lines. A line higher than the table gets a page of its own, its rows set closer."""
    pages: list[list[SetLine]] = [[]]
    free = grid.rows
    for line in lines:
        if line.height > free and pages[-1]:
            pages.append([])
            free = grid.rows
        pages[-1].append(line)
        free -= line.height
    return pages


def row_pitch(line: SetLine, cell: Setting, grid: Grid) -> float:
    """mm between the rows of a cell: the grid's, or less where the line would not fit the page."""
    if line.height <= grid.rows:
        return grid.pitch
    pitch = grid.pitch * (grid.rows - 1) / (line.height - 1)
    if pitch < TIGHTEST * cell.size * MM_PER_POINT:
        raise NoRoom("name")
    return pitch
