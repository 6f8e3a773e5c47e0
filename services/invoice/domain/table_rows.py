"""From the rows of a table to invoices as they could have been sent as JSON: one row a line, grouped by reference."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches

from msgspec import Struct

from libs.common.problems import FieldError, Invalid
from services.invoice.domain.job import Places
from services.invoice.domain.table_columns import COLUMNS, HEADINGS, RESULT_COLUMNS, Column, Form, find_column

# Written tables have an apostrophe before what begins so, lest a program run it as a formula.
FORMULA_BEGINNINGS = tuple("=+-@\t\r\n＝＋－＠")
_REQUIRED = ("kind", "buyer.name", "line.name", "line.tax_class_code", "line.tax_rate")
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)[%％]")
_SEPARATORS = re.compile(r"[,，、;；\s]+")
_TRUTHS = {
    "是": True,
    "否": False,
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "y": True,
    "n": False,
}
# What people write in place of the codes.
_WORDS: Mapping[str, Mapping[str, str]] = {
    "kind": {
        "数电专票": "digital_special",
        "数电普票": "digital_ordinary",
        "电子发票（增值税专用发票）": "digital_special",
        "电子发票（普通发票）": "digital_ordinary",
        "专票": "digital_special",
        "普票": "digital_ordinary",
        "纸质专票": "paper_special",
        "纸质普票": "paper_ordinary",
        "增值税专用发票": "paper_special",
        "增值税普通发票": "paper_ordinary",
        "增值税电子专用发票": "tax_control_special",
        "增值税电子普通发票": "tax_control_ordinary",
    },
    "line.policy": {"免税": "exempt", "不征税": "not_taxable", "简易征收": "simplified"},
    "line.zero_rate": {"出口": "export", "不征税": "not_taxed", "普通零税率": "ordinary"},
}

Row = tuple[int, Sequence[str]]


class TableInvoice(Struct, frozen=True):
    """`body` as for `POST /v1/invoices`; `places` are the sheet's lines (from 1) that its lines stand on."""

    body: dict[str, object]
    places: Places


def read_columns(headings: Sequence[str], mapping: Mapping[str, str]) -> tuple[str, ...]:
    """What each column means, empty for those passed over; raises Invalid for unknown, double and missing ones."""
    columns: list[str] = []
    errors = []
    for place, heading in enumerate(headings):
        name = find_column(heading, mapping)
        if name is None and heading.strip() and heading.strip() not in RESULT_COLUMNS:
            errors.append(_unknown(place, heading))
        if name is not None and name in columns:
            errors.append(_error(place, "double-column", f"{name} stands twice.", f"列“{name}”重复。"))
        columns.append(name or "")
    for name in _REQUIRED:
        if name not in columns:
            chinese = COLUMNS[name].heading
            told = (f"The column {name} ({chinese}) is missing.", f"缺少“{chinese}”（{name}）列。")
            errors.append(FieldError("", "missing-column", *told))
    if errors:
        raise Invalid(errors=errors[:50])
    return tuple(columns)


def _unknown(place: int, heading: str) -> FieldError:
    close = get_close_matches(heading.strip(), HEADINGS, n=1)
    hint, hint_zh = (f" Did you mean {close[0]}?", f"是否为“{close[0]}”？") if close else ("", "")
    shown = heading.strip()[:40]
    detail = (
        f"The column {shown!a} is not known.{hint} Rename it, or map it with PUT /v1/invoice-jobs/mapping."
    )
    return _error(
        place, "unknown-column", detail, f"不认识列“{shown}”。{hint_zh}请改名，或先设置列对应关系。"
    )


def _error(place: int, code: str, detail: str, detail_zh: str) -> FieldError:
    return FieldError(f"/columns/{place}", code, detail, detail_zh)


def read_invoices(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[TableInvoice]:
    """Rows (line of the sheet, cells) that follow each other with one reference are one invoice."""
    body: dict[str, object] = {}
    places: list[int] = []
    for line, cells in rows:
        head, item = _read_row(columns, cells)
        if not head and not item:
            continue
        if places and head.get("reference") is not None and head["reference"] == body.get("reference"):
            _join(body, head, len(places))
        else:
            if places:
                yield TableInvoice(_nest(body), tuple(places))
            body, places = {**head, "lines": []}, []
        lines = body["lines"]
        assert isinstance(lines, list)  # noqa: S101 - made above
        lines.append(_nest(item))
        places.append(line)
    if places:
        yield TableInvoice(_nest(body), tuple(places))


def _join(body: dict[str, object], head: Mapping[str, object], line: int) -> None:
    """What concerns the whole invoice may be left out on further lines, but must not differ."""
    for name, value in head.items():
        if body.setdefault(name, value) != value:
            conflicts = body.setdefault("conflicts", [])
            assert isinstance(conflicts, list)  # noqa: S101 - made here only
            conflicts.append([name, line])


def refuse_conflicts(body: object) -> None:
    """Raises Invalid where lines of one invoice say different things about the whole of it."""
    conflicts = body.get("conflicts") if isinstance(body, dict) else None
    if isinstance(conflicts, list) and conflicts:
        errors = [
            FieldError(
                f"/{str(name).replace('.', '/')}",
                "cells-disagree",
                f"Line {line + 1} of this invoice says otherwise; use one reference for one invoice.",
                f"该发票第 {line + 1} 行与首行不一致；一张发票请使用一个单据编号并保持一致。",
            )
            for name, line in conflicts[:50]
        ]
        raise Invalid(errors=errors)


def _read_row(columns: Sequence[str], cells: Sequence[str]) -> tuple[dict[str, object], dict[str, object]]:
    """Values by column name, of the whole invoice and of the line; empty cells are left out."""
    head: dict[str, object] = {}
    item: dict[str, object] = {}
    for name, cell in zip(columns, cells, strict=False):
        text = cell.strip()
        if text.startswith("'") and text[1:].startswith(FORMULA_BEGINNINGS):
            text = text[1:]
        if name and text:
            column = COLUMNS[name]
            (item if column.is_of_line else head)[name] = read_cell(column, text)
    return head, item


def read_cell(column: Column, text: str) -> object:
    """The field's value; what cannot be read stays text, to be refused like any other."""
    match column.form:
        case Form.NUMBER:
            text = text.lstrip("¥￥").strip()
            return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text
        case Form.RATE:
            percent = _PERCENT.fullmatch(text)
            return f"{Decimal(percent.group(1)).scaleb(-2):f}" if percent else text
        case Form.TRUTH:
            return _TRUTHS.get(text.lower(), text)
        case Form.LIST:
            return [each for each in _SEPARATORS.split(text) if each]
    return _WORDS.get(column.name, {}).get(text, text)


def _nest(values: Mapping[str, object]) -> dict[str, object]:
    """`{"buyer.name": …}` becomes `{"buyer": {"name": …}}`."""
    nested: dict[str, object] = {}
    for name, value in values.items():
        *parents, field = COLUMNS[name].path if name in COLUMNS else (name,)
        inner = nested
        for parent in parents:
            inner = inner.setdefault(parent, {})  # type: ignore[assignment]
        inner[field] = value
    return nested


def flatten_invoice(body: object) -> list[dict[str, object]]:
    """The rows of a table that say what the invoice says, by column name; the reverse of `read_invoices`."""
    if not isinstance(body, dict):
        return [{}]
    lines = body.get("lines")
    heads = [column for column in COLUMNS.values() if not column.is_of_line]
    items = [column for column in COLUMNS.values() if column.is_of_line]
    rows: list[dict[str, object]] = []
    for line in lines if isinstance(lines, list) and lines else [{}]:
        values = _pick(body, heads) if not rows else _pick(body, [COLUMNS["reference"]])
        rows.append({**values, **_pick(line, items)})
    return rows


def _pick(source: object, columns: Iterable[Column]) -> dict[str, object]:
    found: dict[str, object] = {}
    for column in columns:
        value = source
        for part in column.path:
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            found[column.name] = value
    return found
