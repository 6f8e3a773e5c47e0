"""The rows of a job as rows of a table: all with their results, or the failed ones as sent with what to correct."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from services.invoice.domain.table_columns import COLUMNS, column_of
from services.invoice.domain.table_rows import flatten_invoice
from services.invoice.job_tables.write import Marks
from services.invoice.queries.jobs import FailedRow, RowView

ALL_HEADINGS = ("row", "reference", "state", "invoice_id", "code", "number", "problem", "fix")
FAILED_HEADINGS = (*COLUMNS, "row", "problem", "fix")
_PLACES = {name: place for place, name in enumerate(FAILED_HEADINGS)}


def list_result(row: RowView) -> Sequence[str]:
    """Under ALL_HEADINGS."""
    problem = None if row.problem is None else msgspec.json.decode(row.problem)
    return (
        str(row.row),
        row.reference or "",
        row.state,
        "" if row.invoice_id is None else str(row.invoice_id),
        row.code or "",
        row.number or "",
        "" if problem is None else problem["code"],
        "" if problem is None else _fix(problem),
    )


def list_failed(failed: FailedRow) -> Iterator[tuple[Sequence[str], Marks]]:
    """Under FAILED_HEADINGS, one row a line of the invoice; the marks are on the cells to be corrected."""
    problem = msgspec.json.decode(failed.problem)
    errors = [(*column_of(error["pointer"]), error) for error in problem.get("errors", ())]
    for line, values in enumerate(flatten_invoice(_read(failed.invoice))):
        marks = {
            _PLACES[name]: f"{error['detail_zh']}\n{error['detail']}"
            for name, at, error in errors
            if at == line and name in _PLACES
        }
        told = (str(failed.row), problem["code"], _fix(problem)) if line == 0 else (str(failed.row), "", "")
        yield [*(_write(values.get(name)) for name in COLUMNS), *told], marks


def _read(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return None


def _write(value: object) -> str:
    """As `read_cell` reads it."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case list():
            return "，".join(map(str, value))
    return str(value)


def _fix(problem: dict[str, Any]) -> str:
    """What to do, field by field where there are fields."""
    errors = problem.get("errors")
    if not errors:
        return f"{problem['detail_zh']}{problem['remedy_zh']}"
    return "；".join(f"{_name(error)}：{error['detail_zh']}" for error in errors[:10])


def _name(error: dict[str, Any]) -> str:
    """`H12 税率`, or the pointer where no column is meant."""
    name, line = column_of(error["pointer"])
    heading = COLUMNS[name].heading if name in COLUMNS else error["pointer"]
    if "cell" in error:
        return f"{error['cell']} {heading}"
    return f"第 {line + 1} 行 {heading}" if name.startswith("line.") else heading
