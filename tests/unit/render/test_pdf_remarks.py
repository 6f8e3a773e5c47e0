"""Remarks stay readable: what their box does not hold at 6.5 points continues below the items."""

from pathlib import Path
from typing import Any

import pytest

from services.render.page.face import read_face
from services.render.page.layout import load_layout
from services.render.page.remarks import ELSEWHERE, set_remarks
from services.render.pdf.document import render_pdf
from tests.unit.render.kind_samples import business_invoices, make_tax_control, tax_control_invoices
from tests.unit.render.pdf_reader import Pdf, Shown
from tests.unit.render.poppler import text_of
from tests.unit.render.samples import hard_invoices, make_invoice, make_line, worked_invoices

pytestmark = pytest.mark.fast
DIGITAL = hard_invoices() | worked_invoices() | business_invoices()
LEGACY = tax_control_invoices()
ALL = dict.fromkeys(("seller_bank", "seller_address", "buyer_bank", "buyer_address"), True)
SMALLEST = 6.49


def shown_of(invoice: dict[str, Any]) -> list[Shown]:
    return Pdf(render_pdf(invoice)).shown()


def in_box(invoice: dict[str, Any], left: float) -> list[Shown]:
    return [
        item for item in shown_of(invoice) if item.font == "song" and item.x >= left and 104 < item.y < 124
    ]


@pytest.mark.parametrize("name", DIGITAL)
def test_remarks_of_a_digital_invoice_are_never_too_small(name: str) -> None:
    rows = in_box(DIGITAL[name], 11)
    assert all(row.size >= SMALLEST and row.y <= 123.3 for row in rows)


@pytest.mark.parametrize("name", LEGACY)
def test_remarks_of_the_older_form_are_never_too_small(name: str) -> None:
    first = [row for row in in_box(LEGACY[name], 120) if row.page == 1]
    assert all(row.size >= SMALLEST and row.y <= 123.3 for row in first)


def test_remarks_of_450_characters_with_all_contacts_stay_in_their_box() -> None:
    shown = shown_of(DIGITAL["remarks_full"])
    assert {item.page for item in shown} == {1}
    rows = in_box(DIGITAL["remarks_full"], 11)
    assert (len(rows), rows[0].y) == (7, pytest.approx(107.26))


def test_remarks_begin_higher_only_for_an_eighth_row() -> None:
    rows = in_box(DIGITAL["remarks_continued"], 11)
    assert (len(rows), rows[0].y, rows[-1].y) == (8, pytest.approx(106.52, abs=0.01), pytest.approx(123.2))


def test_remarks_without_room_continue_below_the_items(tmp_path: Path) -> None:
    invoice = DIGITAL["remarks_continued"]
    heading = next(item for item in shown_of(invoice) if item.text == "备注（续）")
    assert (heading.page, heading.x, heading.y) == pytest.approx((2, 4.7, 59.5), abs=0.01)
    below = [item for item in shown_of(invoice) if item.page == 2 and 63 < item.y < 90]
    address = f"销方地址:{invoice['seller']['address']}; 电话:{invoice['seller']['phone']};"
    assert "".join(item.text for item in below) == f"{address}收款人:王五;"
    assert all(item.size == pytest.approx(9, abs=0.01) for item in below)
    assert f"{address}收款人" in "".join(text_of(render_pdf(invoice), tmp_path, "-raw").split("\n"))


def test_remarks_that_continue_share_the_page_with_few_items() -> None:
    invoice = make_invoice(make_line(), remarks="备" * 450, print=ALL, payee="收" * 20, reviewer="复" * 20)
    pages = {item.page for item in shown_of(invoice)}
    assert pages == {1}


def test_remarks_too_long_for_the_older_form_stand_on_its_list() -> None:
    shown = shown_of(LEGACY["long"])
    assert ELSEWHERE in [item.text for item in shown if item.page == 1]
    listed = "".join(item.text for item in shown if item.page == 2 and item.x < 10 and "备" in item.text)
    assert listed == f"备注{LEGACY['long']['remarks']}"


def test_remarks_of_the_older_form_with_room_need_no_list() -> None:
    assert {item.page for item in shown_of(make_tax_control(remarks="备" * 240))} == {1}


@pytest.mark.parametrize("layout", ["native", "tax_control"])
def test_remarks_lose_no_part_however_little_room(layout: str) -> None:
    invoice = DIGITAL["remarks_continued"] | {"special_business": DIGITAL["construction"]["special_business"]}
    remarks = set_remarks(read_face(invoice), load_layout(layout))
    whole = " ".join([remarks.shown, *remarks.continued])
    assert invoice["remarks"] in whole
    assert "建筑项目名称:晴川样例研发楼一期;" in whole


def test_remarks_that_stand_before_the_law_asks_are_first() -> None:
    invoice = make_invoice(
        remarks="退货", red={"blue_number": "1" * 20, "confirmation_number": "2" * 18}, payee="王五"
    )
    shown = set_remarks(read_face(invoice), load_layout("native")).shown
    assert (
        shown == f"被红冲蓝字数电发票号码：{'1' * 20} 红字发票信息确认单编号：{'2' * 18} 退货\n收款人:王五;"
    )
