"""From cells to invoices and back."""

import pytest

from libs.common.problems import Invalid
from services.invoice.domain.job import Block
from services.invoice.domain.table_columns import COLUMNS, column_of, name_cell
from services.invoice.domain.table_rows import (
    flatten_invoice,
    read_cell,
    read_columns,
    read_invoices,
    refuse_conflicts,
)

pytestmark = pytest.mark.fast

NAMES = ("kind", "reference", "buyer.name", "line.name", "line.quantity", "line.tax_included", "tags")


@pytest.mark.parametrize(
    ("column", "line", "cell"),
    [(0, 1, "A1"), (25, 2, "Z2"), (26, 3, "AA3"), (701, 4, "ZZ4"), (702, 5, "AAA5")],
)
def test_cell_is_named_as_spreadsheets_do(column: int, line: int, cell: str) -> None:
    assert name_cell(column, line) == cell


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/buyer/tax_id", ("buyer.tax_id", 0)),
        ("/lines/2/discount/rate", ("line.discount.rate", 2)),
        ("/tags/0", ("tags", 0)),
        ("/lines", ("lines", 0)),
    ],
)
def test_pointer_leads_to_column_and_line(pointer: str, found: tuple[str, int]) -> None:
    assert column_of(pointer) == found


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("line.tax_rate", "13%", "0.13"),
        ("line.tax_rate", "1.5％", "0.015"),
        ("line.unit_price", "¥1,234.50", "1234.50"),
        ("line.unit_price", "1,23", "1,23"),
        ("line.tax_included", "是", True),
        ("line.tax_included", "maybe", "maybe"),
        ("print.seller_bank", "是", True),
        ("tags", "甲、乙，丙", ["甲", "乙", "丙"]),
        ("kind", "数电普票", "digital_ordinary"),
        ("kind", "增值税普通发票", "paper_ordinary"),
    ],
)
def test_cell_is_read_as_the_field_wants_it(name: str, text: str, value: object) -> None:
    assert read_cell(COLUMNS[name], text) == value


def test_consecutive_rows_of_a_reference_are_one_invoice_and_others_stand_alone() -> None:
    rows = [
        (2, ["普票", "A", "甲", "一", "1", "否", "x"]),
        (4, ["", "A", "", "二", "2", "", ""]),
        (5, ["普票", "", "甲", "三", "3", "", ""]),
        (6, ["普票", "", "甲", "四", "4", "", ""]),
        (7, ["普票", "A", "甲", "五", "5", "", ""]),
    ]
    invoices = list(read_invoices(NAMES, rows))
    assert [invoice.places for invoice in invoices] == [(2, 4), (5,), (6,), (7,)]
    assert invoices[0].body == {
        "kind": "digital_ordinary",
        "reference": "A",
        "buyer": {"name": "甲"},
        "lines": [{"name": "一", "quantity": "1", "tax_included": False}, {"name": "二", "quantity": "2"}],
        "tags": ["x"],
    }
    rows_again = flatten_invoice(invoices[0].body)
    assert [row.get("line.name") for row in rows_again] == ["一", "二"]
    assert (rows_again[1]["reference"], "kind" in rows_again[1]) == ("A", False)


def test_rows_of_one_invoice_that_disagree_are_refused_by_name() -> None:
    rows = [(2, ["普票", "A", "甲", "一"]), (3, ["普票", "A", "乙", "二"])]
    (invoice,) = read_invoices(NAMES[:4], rows)
    with pytest.raises(Invalid) as caught:
        refuse_conflicts(invoice.body)
    assert [(error.pointer, error.code) for error in caught.value.errors] == [
        ("/buyer/name", "cells-disagree")
    ]


def test_columns_that_are_unknown_double_or_missing_are_all_told() -> None:
    with pytest.raises(Invalid) as caught:
        read_columns(["发票类型", "kind", "品名"], {})
    codes = [error.code for error in caught.value.errors]
    assert codes[:2] == ["double-column", "unknown-column"]
    assert codes[2:] == ["missing-column"] * 4


def test_block_cut_into_pieces_keeps_rows_lines_and_places_together() -> None:
    block = Block((1, 2, 3), (b"a", b"b", b"c"), ((2,), (3, 4), (5,)))
    assert block.cut(2) == [Block((1, 2), (b"a", b"b"), ((2,), (3, 4))), Block((3,), (b"c",), ((5,),))]
    assert block.skip(1) == Block((2, 3), (b"b", b"c"), ((3, 4), (5,)))
