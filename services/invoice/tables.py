"""Tables for spreadsheets: CSV with a byte order mark and XLSX in constant memory, safe to open.

Text that a spreadsheet would take for a formula gets a leading apostrophe; numbers of 20 digits stay text.
"""

import csv
import io
from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from libs.common.clock import SHANGHAI

Cell: TypeAlias = str | int | Decimal | date | datetime | None

# What begins a formula, in full width too (OWASP, CSV injection; ASVS 1.2.10).
_FORMULA = frozenset("=+-@\t\r\n\0＝＋－＠")
# A sheet holds 1,048,576 rows and a cell 32,767 characters.
SHEET_ROWS = 1_000_000
_CELL_CHARACTERS = 32_767
# A spreadsheet keeps 15 digits of a number; longer ones are written as text.
_DIGITS = 15


class Table(Protocol):
    """Takes rows one by one and keeps none of them."""

    def write(self, row: Sequence[Cell]) -> None: ...


def safe_text(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would calculate."""
    return f"'{text}" if text[:1] in _FORMULA else text


def _as_text(cell: Cell) -> str | int | Decimal | None:
    """Days as `2026-11-24`, instants in Shanghai to the second; texts made safe."""
    match cell:
        case str():
            return safe_text(cell)
        case datetime():
            return f"{cell.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
        case date():
            return cell.isoformat()
    return cell


class CsvTable:
    """UTF-8 with a byte order mark, so that spreadsheets read Chinese; every text is quoted, no number is."""

    def __init__(self, file: BinaryIO, columns: Sequence[str]) -> None:
        self._file = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
        self._rows = csv.writer(self._file, quoting=csv.QUOTE_NONNUMERIC)
        self.write(columns)

    def write(self, row: Sequence[Cell]) -> None:
        self._rows.writerow([_csv_cell(_as_text(cell)) for cell in row])

    def close(self) -> None:
        """Everything is in the file, which stays open; harmless to repeat."""
        with suppress(ValueError):
            self._file.detach()


def _csv_cell(cell: str | int | Decimal | None) -> object:
    """Decimals without exponent."""
    return _PlainNumber(cell) if isinstance(cell, Decimal) else cell


class _PlainNumber(Decimal):
    def __str__(self) -> str:
        return format(self, "f")


class Sheet:
    """One table of a workbook; a full sheet goes on in a second one of the same name and heading."""

    def __init__(self, book: xlsxwriter.Workbook, name: str, columns: Sequence[str]) -> None:
        self._book, self._name, self._columns = book, name, columns
        self._part = 0
        self._sheet = self._begin()

    def write(self, row: Sequence[Cell]) -> None:
        if self._next > SHEET_ROWS:
            self._sheet = self._begin()
        self._put(row)

    def _begin(self) -> Worksheet:
        self._part += 1
        name = self._name if self._part == 1 else f"{self._name} {self._part}"
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        self._next = 0
        self._put(self._columns)
        return self._sheet

    def _put(self, row: Sequence[Cell]) -> None:
        for column, cell in enumerate(map(_as_text, row)):
            match cell:
                case str():
                    self._sheet.write_string(self._next, column, cell[:_CELL_CHARACTERS])
                case int() | Decimal() if _is_exact(cell):
                    self._sheet.write_number(self._next, column, cell)
                case int() | Decimal():
                    self._sheet.write_string(
                        self._next, column, format(cell, "f" if isinstance(cell, Decimal) else "d")
                    )
        self._next += 1


def _is_exact(number: int | Decimal) -> bool:
    """Whether a spreadsheet keeps all its digits."""
    return len(Decimal(number).normalize().as_tuple().digits) <= _DIGITS


class XlsxFile:
    """A workbook whose rows go to disk as they are written; the file is complete after `close`."""

    def __init__(self, file: BinaryIO, folder: Path) -> None:
        """`folder` takes the rows until the end."""
        options = {"constant_memory": True, "tmpdir": str(folder), "strings_to_formulas": False}
        self._book = xlsxwriter.Workbook(file, options)

    def sheet(self, name: str, columns: Sequence[str]) -> Sheet:
        """Sheets are written one after the other or at the same time, each from its top."""
        return Sheet(self._book, name, columns)

    def close(self) -> None:
        self._book.close()

    def abandon(self) -> None:
        """Let go of the rows; harmless after `close`."""
        for sheet in self._book.worksheets():
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()
