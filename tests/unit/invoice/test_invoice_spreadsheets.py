"""Tables: what a spreadsheet would calculate stays text, sums stay numbers, long numbers stay whole."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from services.invoice import tables
from services.invoice.tables import Cell, CsvTable, XlsxFile, safe_text

pytestmark = pytest.mark.fast

NUMBER = "26422000000000000001"
ROW: tuple[Cell, ...] = (NUMBER, '=HYPERLINK("http://x")', Decimal("-1038.10"), 7, date(2026, 11, 24), None)


@pytest.mark.parametrize(
    "text", ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1", "＝1", "＋1", "－1", "＠x"]
)
def test_safe_text_that_begins_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe_text(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "武汉", "a=1", "'=1", NUMBER, "*电子*键盘"])
def test_safe_text_that_is_harmless_stays_as_it_is(text: str) -> None:
    assert safe_text(text) == text


def write_csv(*rows: tuple[Cell, ...]) -> bytes:
    file = io.BytesIO()
    table = CsvTable(file, ["number", "name", "amount", "lines", "day", "none"])
    for row in rows:
        table.write(row)
    table.close()
    return file.getvalue()


def test_csv_begins_with_a_byte_order_mark_and_quotes_texts_only() -> None:
    content = write_csv(ROW)
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[1] == (
        f'"{NUMBER}","\'=HYPERLINK(""http://x"")",-1038.10,7,"2026-11-24",""'
    )


def test_csv_text_with_line_end_and_quotes_is_one_cell() -> None:
    text = 'a "b"\n武汉,1'
    (_, row) = csv.reader(io.StringIO(write_csv((text,)).decode("utf-8-sig")))
    assert row == [text]


def test_csv_tiny_decimal_has_no_exponent() -> None:
    assert write_csv((Decimal("0.0000000000001"),)).endswith(b"\r\n0.0000000000001\r\n")


def test_csv_instant_is_shown_in_shanghai() -> None:
    assert b'"2026-11-25 00:30:00"' in write_csv((datetime(2026, 11, 24, 16, 30, tzinfo=UTC),))


def write_xlsx(folder: Path, *rows: tuple[Cell, ...]) -> CalamineWorkbook:
    file = io.BytesIO()
    book = XlsxFile(file, folder)
    sheet = book.sheet("invoices", ["a", "b", "c", "d", "e", "f"])
    for row in rows:
        sheet.write(row)
    book.close()
    return CalamineWorkbook.from_filelike(io.BytesIO(file.getvalue()))


def test_xlsx_texts_are_texts_and_sums_are_numbers(tmp_path: Path) -> None:
    _, row = write_xlsx(tmp_path, ROW).get_sheet_by_name("invoices").to_python()
    assert row[:5] == [NUMBER, '\'=HYPERLINK("http://x")', -1038.1, 7.0, "2026-11-24"]


def test_xlsx_number_beyond_fifteen_digits_is_text(tmp_path: Path) -> None:
    _, row = (
        write_xlsx(tmp_path, (Decimal("86.12345678901234567"), 12345678901234567))
        .get_sheet_by_index(0)
        .to_python()
    )
    assert row[:2] == ["86.12345678901234567", "12345678901234567"]


def test_xlsx_full_sheet_goes_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "SHEET_ROWS", 2)
    book = write_xlsx(tmp_path, *((number,) for number in range(5)))
    assert book.sheet_names == ["invoices", "invoices 2", "invoices 3"]
    assert [row[0] for row in book.get_sheet_by_index(2).to_python()] == ["a", 4.0]
