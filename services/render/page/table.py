"""The item table: cells set into rows, rows dealt out to pages."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.render.fonts.glyphs import font_file
from services.render.page.errors import NoRoom
from services.render.page.face import Line
from services.render.page.layout import MM_PER_POINT, Block, Field, Grid, fields
from services.render.page.text import Setting, fit_cell

TIGHTEST = 1.08  # row distance per type size, for one row that fills a page


class Row(NamedTuple):
    """A row of the table, set: one setting a column, `height` text rows of the grid, `pitch` mm between its texts.

    `line` is the invoice's line that it shows; a row below the lines belongs to a `block`, whose heading has no fields.
    """

    fields: Sequence[Field]
    cells: Sequence[Setting]
    height: int
    pitch: float
    line: Line | None
    block: Block | None = None


def set_lines(lines: Sequence[Line], columns: Sequence[Field], grid: Grid) -> list[Row]:
    """Break and shrink every cell of the lines."""
    return [set_row([getattr(line, field.name) for field in columns], columns, grid, line) for line in lines]


def set_block(rows: Sequence[Mapping[str, str]], block: Block, grid: Grid) -> list[Row]:
    """The same for rows below the lines; their heading takes a row of each page."""
    room = Grid(rows=grid.rows - 1, pitch=grid.pitch)
    columns = fields(block.columns)
    cells = [[row[field.name] for field in columns] for row in rows]
    return [set_row(values, columns, room, None)._replace(block=block) for values in cells]


def set_row(values: Sequence[str | None], columns: Sequence[Field], grid: Grid, line: Line | None) -> Row:
    """As high as its highest cell. What is higher than the table fills it, its texts set closer."""
    advances = font_file("song").advances
    cells = [fit_cell(field, value or "", advances) for field, value in zip(columns, values, strict=True)]
    height = max([len(cell.rows) for cell in cells])
    if height <= grid.rows:
        return Row(columns, cells, height, grid.pitch, line)
    pitch = grid.pitch * (grid.rows - 1) / (height - 1)
    for field, cell in zip(columns, cells, strict=True):
        if len(cell.rows) > 1 and pitch < TIGHTEST * cell.size * MM_PER_POINT:
            raise NoRoom(field.name)
    return Row(columns, cells, grid.rows, pitch, line)


def paginate(rows: Sequence[Row], grid: Grid) -> list[list[Row]]:
    """Pages of whole rows; on each page the heading of a block stands before its first row."""
    pages: list[list[Row]] = [[]]
    free = grid.rows
    for row in rows:
        needed = _begin(row, pages[-1])
        if sum([each.height for each in needed]) > free and pages[-1]:
            pages.append([])
            free = grid.rows
            needed = _begin(row, [])
        pages[-1] += needed
        free -= sum([each.height for each in needed])
    return pages


def _begin(row: Row, page: Sequence[Row]) -> list[Row]:
    if row.block is None or (page and page[-1].block is row.block):
        return [row]
    return [Row((), (), 1, 0.0, None, row.block), row]
