"""What a reader gets out of the file: every value, literally, seller and buyer apart."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from services.render.fonts.glyphs import font_file
from services.render.page.errors import MissingGlyph
from services.render.pdf.document import render_pdf
from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.pdf_reader import Pdf
from tests.unit.render.poppler import text_of
from tests.unit.render.random_invoices import invoices
from tests.unit.render.samples import (
    BUYER,
    HOSTILE,
    SELLER,
    hard_invoices,
    make_invoice,
    make_line,
    worked_invoices,
)

pytestmark = pytest.mark.fast
TAX_CONTROL = {f"tax_control_{name}": invoice for name, invoice in tax_control_invoices().items()}
INVOICES = hard_invoices() | worked_invoices() | business_invoices() | TAX_CONTROL
PRINTED = ["name", "specification", "unit", "quantity", "unit_price", "amount", "printed_rate", "printed_tax"]


def squeeze(text: str) -> str:
    """Without white space: where rows break is the layout's business."""
    return "".join(text.split())


def printed_values(invoice: dict[str, Any]) -> list[str]:
    values = [invoice["number"], invoice["drawer"], invoice["remarks"]]
    for party in (invoice["seller"], invoice["buyer"]):
        values += [party["name"], party["tax_id"]]
    values += [line[field] or "" for line in invoice["lines"] for field in PRINTED]
    totals = invoice["totals"]
    return [*values, f"¥{totals['amount']}", totals["amount_with_tax_words"], f"¥{totals['amount_with_tax']}"]


@pytest.mark.parametrize("name", INVOICES)
def test_text_of_any_invoice_holds_every_value(name: str, tmp_path: Path) -> None:
    text = squeeze(text_of(render_pdf(INVOICES[name]), tmp_path, "-raw"))
    missing = [value for value in printed_values(INVOICES[name]) if squeeze(value) not in text]
    assert missing == []


@pytest.mark.parametrize("name", INVOICES)
def test_text_in_reading_order_keeps_party_names_and_remarks_whole(name: str, tmp_path: Path) -> None:
    invoice = INVOICES[name]
    text = squeeze(text_of(render_pdf(invoice), tmp_path))
    for value in (invoice["buyer"]["name"], invoice["seller"]["name"], invoice["remarks"]):
        assert squeeze(value) in text


@pytest.mark.parametrize("options", [[], ["-raw"]])
def test_text_of_parties_never_interleaves(options: list[str], tmp_path: Path) -> None:
    for name in ("long_names", "print_everything", "W01"):
        text = squeeze(text_of(render_pdf(INVOICES[name]), tmp_path, *options))
        buyer, seller = (squeeze(INVOICES[name][party]["name"]) for party in ("buyer", "seller"))
        start = text.index(seller)
        assert text.index(buyer) + len(buyer) <= start, name
        assert INVOICES[name]["buyer"]["tax_id"] in text[:start]
        assert INVOICES[name]["seller"]["tax_id"] in text[start:]


@given(invoices())
@settings(max_examples=60, deadline=None)
def test_text_of_any_random_invoice_is_whole_unless_a_glyph_is_missing(invoice: dict[str, Any]) -> None:
    song = font_file("song")
    values = [value for value in printed_values(invoice) if value]
    if any(character not in song for value in values for character in value if character != "\n"):
        with pytest.raises(MissingGlyph):
            render_pdf(invoice)
        return
    text = squeeze("".join(item.text for item in Pdf(render_pdf(invoice)).shown()))
    assert [value for value in values if squeeze(value) not in text] == []


def test_text_of_label_stands_before_its_value(tmp_path: Path) -> None:
    text = squeeze(text_of(render_pdf(make_invoice()), tmp_path))
    for expected in (
        "发票号码：26422000000000000001",
        "开票日期：2026年11月24日",
        f"名称：{BUYER['name']}",
        f"名称：{SELLER['name']}",
        f"统一社会信用代码/纳税人识别号：{BUYER['tax_id']}",
        f"统一社会信用代码/纳税人识别号：{SELLER['tax_id']}",
        "（小写）¥1172.94",
        "开票人：张三",
    ):
        assert expected in text


def test_text_of_hostile_names_is_literal(tmp_path: Path) -> None:
    text = squeeze(text_of(render_pdf(INVOICES["hostile"]), tmp_path, "-raw"))
    assert all(text.count(squeeze(value)) >= 2 for value in HOSTILE)


@pytest.mark.parametrize("name", INVOICES)
def test_text_always_holds_the_specimen_mark(name: str) -> None:
    shown = Pdf(render_pdf(INVOICES[name])).shown()
    pages = {item.page for item in shown}
    assert {item.page for item in shown if item.text == "样票"} == pages
    assert not any(word in item.text for item in shown for word in ("监制", "税务局", "税务总局"))


def test_text_total_tax_is_stars_when_no_line_is_taxed() -> None:
    assert _total_tax("exempt") == "***"
    assert _total_tax("not_taxable") == "***"


def test_text_total_tax_is_a_figure_when_one_line_is_taxed() -> None:
    assert _total_tax("mixed_tax") == "134.94"


def _total_tax(name: str) -> str:
    row = [item for item in Pdf(render_pdf(INVOICES[name])).shown() if item.y == pytest.approx(94.63)]
    return max(row, key=lambda item: item.x).text


def test_text_of_red_invoice_names_the_blue_one() -> None:
    shown = [item.text for item in Pdf(render_pdf(INVOICES["W10"])).shown()]
    assert "被红冲蓝字数电发票号码：26422000000000000001 红字发票信息确认单编号：420100261100000001" in shown
    assert "（负数）壹仟玖佰伍拾柒圆柒角贰分" in shown
    assert "-1957.72" in shown


def test_text_of_red_reference_is_not_repeated() -> None:
    remarks = "被红冲蓝字数电发票号码：26422000000000000001 红字发票信息确认单编号：1"
    invoice = make_invoice(
        remarks=remarks, red={"blue_number": "26422000000000000001", "confirmation_number": "1"}
    )
    assert [item.text for item in Pdf(render_pdf(invoice)).shown() if item.text.startswith("被红冲")] == [
        remarks
    ]


def test_text_of_difference_taxation_starts_the_remarks() -> None:
    shown = [item.text for item in Pdf(render_pdf(INVOICES["W07"])).shown()]
    assert "差额征税：8480.00。" in shown


def test_text_of_bank_lines_only_when_asked(tmp_path: Path) -> None:
    expected = f"销方开户银行:{SELLER['bank_name']}; 银行账号:{SELLER['bank_account']};"
    asked = [item.text for item in Pdf(render_pdf(make_invoice(print={"seller_bank": True}))).shown()]
    assert expected in asked
    assert not any("银行" in item for item in asked if item != expected)
    assert not any("银行" in item.text for item in Pdf(render_pdf(make_invoice())).shown())


def test_text_of_remark_feeds_without_room_flows(tmp_path: Path) -> None:
    rows = [
        item
        for item in Pdf(render_pdf(INVOICES["remarks_feeds"])).shown()
        if "行" in item.text and item.y > 104
    ]
    assert "".join(row.text for row in rows).count("行") == 200
    assert max(row.y for row in rows) < 124


def test_text_of_line_name_with_rare_characters_survives(tmp_path: Path) -> None:
    pdf = render_pdf(make_invoice(make_line("*餐饮服务*喆镕堃𠮷")))
    assert "*餐饮服务*喆镕堃𠮷" in squeeze(text_of(pdf, tmp_path))
