"""Writes tables: CSV in UTF-8 with a byte order mark, XLSX row by row. No cell is ever run as a formula."""

import csv
import io
from collections.abc import Sequence
from typing import IO

import xlsxwriter
from xlsxwriter.format import Format

from services.invoice.domain.table_columns import COLUMNS
from services.invoice.tables import safe_text

_HEADING = {"bold": True, "bg_color": "#DDE5EE"}
_BAD = {"bg_color": "#F9D6D5", "num_format": "@"}
_TEXT = {"num_format": "@"}
# Each comment takes memory; what is beyond stands in the last columns.
_MOST_COMMENTS = 5000

Marks = dict[int, str]


class CsvTable:
    """`take` gives what was written since."""

    def __init__(self) -> None:
        self._buffer = io.StringIO("\ufeff")
        self._buffer.seek(1)
        self._writer = csv.writer(self._buffer, lineterminator="\r\n")

    def write(self, cells: Sequence[str], _: Marks | None = None, /) -> None:
        """Marks are for those who see cells."""
        self._writer.writerow([safe_text(cell) for cell in cells])

    def take(self) -> bytes:
        content = self._buffer.getvalue().encode()
        self._buffer.seek(0)
        self._buffer.truncate()
        return content


class XlsxTable:
    """Every cell is text, so that numbers of 20 digits stay whole; a marked cell is coloured and says why."""

    def __init__(self, file: IO[bytes]) -> None:
        options = {"constant_memory": True, "in_memory": False, "strings_to_formulas": False}
        self._book = xlsxwriter.Workbook(file, options)
        self._heading = self._book.add_format(_HEADING)
        self._text, self._bad = self._book.add_format(_TEXT), self._book.add_format(_BAD)
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        self._sheet.set_column(0, 60, 16)
        self._line = self._comments = 0

    def write(self, cells: Sequence[str], marks: Marks | None = None, /) -> None:
        """The first row is the headings; `marks` say by place of the cell what is wrong with it."""
        marks = marks or {}
        for place, cell in enumerate(cells):
            self._write_cell(place, cell, self._bad if place in marks else self._text)
            if place in marks and self._comments < _MOST_COMMENTS:
                self._sheet.write_comment(self._line, place, marks[place])
                self._comments += 1
        self._line += 1

    def _write_cell(self, place: int, cell: str, form: Format) -> None:
        chosen = form if self._line else self._heading
        if cell:
            self._sheet.write_string(self._line, place, cell[:32_767], chosen)
        elif form is self._bad:
            self._sheet.write_blank(self._line, place, None, chosen)

    def explain_columns(self) -> None:
        """A second sheet that says what each column is for."""
        sheet = self._book.add_worksheet("说明")
        rows = [("列", "名称 (name)", "示例")]
        rows += [(column.heading, column.name, column.example) for column in COLUMNS.values()]
        for line, cells in enumerate(rows):
            for place, cell in enumerate(cells):
                sheet.write_string(line, place, cell, None if line else self._heading)
        sheet.set_column(0, 2, 28)

    def close(self) -> None:
        """Complete the file."""
        self._book.close()
