"""`python -m services.invoice.job_tables.read csv|xlsx PATH`: reads a table in a process of its own.

What a hostile file costs, in memory and time, ends with the process. The tenant's mapping comes on standard input. The
first line that is written names the columns, or the problem; each further one is places, a tab, and the invoice; a
dot ends them.
"""

import csv
import io
import os
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import msgspec
import python_calamine

from libs.common.problems import Problem
from services.invoice.domain.job import MOST_ROWS
from services.invoice.domain.table_rows import Row, read_columns, read_invoices
from services.invoice.errors import JobHasNoRows, TableUnreadable, TooManyRows

MEMORY_BYTES = 1024 * 1024 * 1024
CPU_SECONDS = 60
NICENESS = 10
MOST_COLUMNS = 200

# The last line of what was read whole.
END = b".\n"

_ENCODINGS = ("utf-8-sig", "gb18030")
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class TableProblem(msgspec.Struct, frozen=True):
    """A problem on its way out of this process."""

    code: str
    detail: str
    detail_zh: str
    errors: tuple[tuple[str, str, str, str], ...] = ()


def main() -> None:
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    form, path = sys.argv[1:]
    mapping = msgspec.json.decode(sys.stdin.buffer.read() or b"{}", type=dict[str, str])
    out = io.BufferedWriter(io.FileIO(1, "w", closefd=False), 1024 * 1024)
    try:
        rows = _limit(read_csv(path) if form == "csv" else read_xlsx(path))
        _, headings = next(rows, (0, []))
        if not headings:
            raise JobHasNoRows
        columns = read_columns(headings, mapping)
        out.write(msgspec.json.encode(columns) + b"\n")
        out.flush()
        for invoice in read_invoices(columns, rows):
            out.write(msgspec.json.encode(invoice.places) + b"\t" + msgspec.json.encode(invoice.body) + b"\n")
        out.write(END)
    except Problem as problem:
        out.write(msgspec.json.encode(_describe(problem)) + b"\n")
    except (MemoryError, python_calamine.CalamineError, csv.Error, UnicodeError, ValueError):
        out.write(msgspec.json.encode(_describe(TableUnreadable())) + b"\n")
    out.flush()


def _describe(problem: Problem) -> TableProblem:
    errors = tuple([(e.pointer, e.code, e.detail, e.detail_zh) for e in problem.errors])
    return TableProblem(problem.code, problem.detail, problem.detail_zh, errors)


def _limit(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows that are not blank, the headings first; raises TooManyRows."""
    count = 0
    for row in rows:
        if not any(cell and not cell.isspace() for cell in row[1]):
            continue
        if len(row[1]) > MOST_COLUMNS:
            raise TableUnreadable(f"More than {MOST_COLUMNS} columns.", detail_zh=f"超过 {MOST_COLUMNS} 列。")
        count += 1
        if count > MOST_ROWS + 1:
            raise TooManyRows(limit=MOST_ROWS)
        yield row


def read_csv(path: str) -> Iterator[Row]:
    """In UTF-8 with or without a byte order mark, GB18030 or UTF-16; between commas, tabs or semicolons."""
    with open(path, encoding=_find_encoding(path), newline="") as file:
        first = file.readline()
        file.seek(0)
        delimiter = max(",\t;", key=first.count)
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        for cells in reader:
            yield reader.line_num, cells


def _find_encoding(path: str) -> str:
    with open(path, "rb") as binary:
        if binary.read(2) in _UTF_16:
            return "utf-16"
    for encoding in _ENCODINGS:
        try:
            with open(path, encoding=encoding) as file:
                while file.read(1024 * 1024):
                    continue
        except UnicodeError:
            continue
        return encoding
    raise TableUnreadable("Save the file in UTF-8.", detail_zh="请将文件另存为 UTF-8 编码。")


def read_xlsx(path: str) -> Iterator[Row]:
    """The first sheet."""
    with python_calamine.load_workbook(path) as workbook:
        sheet = workbook.get_sheet_by_index(0)
        if sheet.start is None:
            return
        left = sheet.start[1]
        for line, cells in enumerate(sheet.iter_rows(), 1):
            yield line, [""] * left + [write_cell(cell) for cell in cells]


def write_cell(cell: object) -> str:
    """As the sheet shows it: numbers with the 15 digits a sheet keeps, never with an exponent."""
    match cell:
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case int():
            return str(cell)
        case float():
            return f"{Decimal(f'{cell:.15g}'):f}"
        case date() | datetime() | time() | timedelta():
            return str(cell)
    return ""


if __name__ == "__main__":
    main()
