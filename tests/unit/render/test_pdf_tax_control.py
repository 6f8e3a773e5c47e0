"""The form of the tax-control kinds: where everything stands, what differs between the kinds, the list of goods."""

import re
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.render.pdf.document import render_pdf
from tests.unit.render.kind_samples import CHECK_CODE, CODE, make_tax_control, tax_control_invoices
from tests.unit.render.pdf_reader import Pdf, Shown
from tests.unit.render.poppler import run, text_of
from tests.unit.render.samples import BUYER, SELLER, make_line

pytestmark = pytest.mark.fast
INVOICES = tax_control_invoices()
TOLERANCE = 0.6
LEFT = [  # text, left end, baseline, size
    ("增值税电子普通发票", 74.8, 12.77, 19),
    ("机器编号：", 6.03, 27.02, 9),
    ("发票代码：", 149.03, 10.52, 9),
    (CODE, 164.0, 10.52, 9),
    ("发票号码：", 149.03, 16.02, 9),
    ("00000001", 164.0, 16.02, 9),
    ("开票日期：", 149.03, 21.52, 9),
    ("2026年11月24日", 164.0, 21.52, 9),
    ("校 验 码：", 149.03, 27.02, 9),
    (CHECK_CODE, 164.0, 27.02, 9),
    (BUYER["name"], 36.0, 34.62, 9),
    (BUYER["tax_id"], 36.0, 39.82, 12),
    (f"{BUYER['address']} {BUYER['phone']}", 36.0, 45.42, 9),
    (f"{BUYER['bank_name']} {BUYER['bank_account']}", 36.0, 50.72, 9),
    (SELLER["name"], 36.0, 108.42, 9),
    (SELLER["tax_id"], 36.0, 113.32, 12),
    (f"{SELLER['address']} {SELLER['phone']}", 36.0, 117.82, 9),
    (f"{SELLER['bank_name']} {SELLER['bank_account']}", 36.0, 122.52, 9),
    ("收款人：", 7.53, 128.52, 9),
    ("复核：", 64.03, 128.52, 9),
    ("开票人：", 106.03, 128.52, 9),
    ("王五", 20.5, 128.52, 9),
    ("李四", 73.8, 128.52, 9),
    ("张三", 119.0, 128.52, 9),
    ("样票：本区不含税控密文", 130.5, 39.3, 14),
    ("壹仟壹佰柒拾贰圆玖角肆分", 62.9, 100.85, 9),
]
COLUMNS = list(pairwise([4.5, 56.5, 82.5, 94.5, 114.5, 134.5, 164.5, 175.5, 205.5]))
TITLES = {
    "paper_special": "增值税专用发票",
    "paper_ordinary": "增值税普通发票",
    "special": "增值税电子专用发票",
    "ordinary": "增值税电子普通发票",
}


def shown_of(invoice: dict[str, Any]) -> list[Shown]:
    return Pdf(render_pdf(invoice)).shown()


def lines_of(count: int) -> list[dict[str, Any]]:
    return [
        make_line(f"*餐饮服务*餐费{n}", line_no=n, amount=f"{n}.50", printed_tax=f"{n}.01")
        for n in range(1, count + 1)
    ]


@pytest.fixture(scope="module")
def shown() -> list[Shown]:
    return shown_of(INVOICES["ordinary"])


@pytest.mark.parametrize(("text", "x", "y", "size"), LEFT)
def test_tax_control_text_stands_as_measured(
    shown: list[Shown], text: str, x: float, y: float, size: float
) -> None:
    found = [item for item in shown if item.text == text]
    assert len(found) == 1
    assert (found[0].x, found[0].y) == pytest.approx((x, y), abs=TOLERANCE)
    assert found[0].size == pytest.approx(size, abs=0.05)


@pytest.mark.parametrize(("name", "title"), TITLES.items())
def test_tax_control_kind_has_its_title(name: str, title: str) -> None:
    shown = shown_of(INVOICES[name])
    found = next(item for item in shown if item.text == title)
    assert (found.x + found.right) / 2 == pytest.approx(105, abs=0.5)
    assert not any("电子发票（" in item.text for item in shown)


def test_tax_control_invoice_without_check_code_leaves_its_place_empty() -> None:
    shown = shown_of(INVOICES["special"])
    assert [item.text for item in shown if abs(item.y - 27.02) < 1 and item.x > 148] == ["校 验 码："]


def test_tax_control_page_says_that_it_is_a_sample_and_shows_no_cipher() -> None:
    for name, invoice in INVOICES.items():
        shown = shown_of(invoice)
        assert {item.page for item in shown if item.text == "样票"} == {item.page for item in shown}, name
        cipher = [item.text for item in shown if item.page == 1 and item.x > 126 and 30 < item.y < 52]
        assert cipher == ["样票：本区不含税控密文", "由样例系统生成，不作报销、抵扣凭证"], name


def test_tax_control_cells_stay_between_their_rules() -> None:
    for name in ("long", "paper_ordinary", "red"):
        for item in shown_of(INVOICES[name]):
            if item.page == 1 and 57 < item.y < 96 and item.font == "song":
                assert any(left <= item.x and item.right <= right for left, right in COLUMNS), (name, item)


def test_tax_control_parties_and_remarks_stay_inside_their_boxes() -> None:
    for item in shown_of(INVOICES["long"]):
        if item.page == 1 and item.font == "song" and (32 < item.y < 52 or 105 < item.y < 125):
            assert item.right <= (119.5 if item.x < 120 else 205.5), item
            assert item.y <= 123.9 or item.y < 52, item


def test_tax_control_colour_is_brown(tmp_path: Path) -> None:
    pixels = run("pdftoppm", "-r", "300", "@", document=render_pdf(INVOICES["ordinary"]), folder=tmp_path)
    width, height = map(int, pixels.split(maxsplit=3)[1:3])
    start = (round(80 / 25.4 * 300) * width + round(4.5 / 25.4 * 300)) * 3
    assert tuple(pixels[-width * height * 3 :][start : start + 3]) == (156, 82, 35)


def test_tax_control_red_invoice_names_code_and_number_of_the_blue_one() -> None:
    shown = shown_of(INVOICES["red"])
    remarks = "".join(item.text for item in shown if item.x > 126 and 105 < item.y < 124)
    assert remarks == f"对应正数发票代码:{CODE} 号码:00000009 红字发票信息确认单编号：420100261100000001"
    assert {"-1038.00", "-134.94", "-1172.94", "（负数）壹仟壹佰柒拾贰圆玖角肆分"} <= {
        item.text for item in shown
    }


def test_tax_control_red_reference_is_not_repeated() -> None:
    remarks = f"对应正数发票代码:{CODE} 号码:00000009 红字发票信息确认单编号：1"
    red = {"blue_code": CODE, "blue_number": "00000009", "confirmation_number": "1"}
    shown = shown_of(make_tax_control(remarks=remarks, red=red))
    assert "".join(item.text for item in shown if item.x > 126 and 105 < item.y < 124) == remarks


def test_tax_control_contacts_stand_in_their_places_and_not_in_the_remarks() -> None:
    flags = {"seller_bank": True, "seller_address": True, "buyer_bank": True, "buyer_address": True}
    shown = shown_of(make_tax_control(print=flags))
    assert [item for item in shown if item.x > 126 and 105 < item.y < 124] == []


def test_tax_control_text_keeps_labels_before_values(tmp_path: Path) -> None:
    text = "".join(text_of(render_pdf(INVOICES["ordinary"]), tmp_path, "-raw").split())
    for expected in (
        f"发票代码：{CODE}",
        "发票号码：00000001",
        f"校验码：{CHECK_CODE}",
        f"购买方名称：{BUYER['name']}",
        f"纳税人识别号：{SELLER['tax_id']}",
        "收款人：王五",
        "复核：李四",
        "开票人：张三",
    ):
        assert expected in text


@pytest.mark.parametrize(("lines", "pages"), [(8, 1), (9, 2), (26, 2), (27, 3), (60, 4), (2000, 78)])
def test_tax_control_more_than_eight_lines_go_to_a_list_of_26_rows_a_page(lines: int, pages: int) -> None:
    shown = shown_of(make_tax_control(*lines_of(lines)))
    assert shown[-1].page == pages
    on_form = [item.text for item in shown if item.page == 1 and item.text.startswith(("*", "（详见"))]
    assert on_form == (["（详见销货清单）"] if lines > 8 else [f"*餐饮服务*餐费{n}" for n in range(1, 9)])


def test_tax_control_line_of_several_rows_counts_as_such() -> None:
    assert shown_of(make_tax_control(*lines_of(6), make_line("*餐饮服务*" + "长" * 40)))[-1].page == 2


def test_tax_control_list_pages_are_210_by_297_mm(tmp_path: Path) -> None:
    options = ["-f", "1", "-l", "9", "@"]
    told = run("pdfinfo", *options, document=render_pdf(INVOICES["listed"]), folder=tmp_path).decode()
    assert (
        re.findall(r"size: +([\d.]+) x ([\d.]+)", told)
        == [("595.276", "396.85")] + [("595.276", "841.89")] * 3
    )


def test_tax_control_list_has_every_line_numbered_and_its_sums() -> None:
    invoice = make_tax_control(*lines_of(60), remarks="清单见后")
    shown = shown_of(invoice)
    listed = [item for item in shown if item.page > 1]
    assert [item.text for item in listed if item.text.startswith("*")] == [
        line["name"] for line in invoice["lines"]
    ]
    for page, lines in ((2, range(1, 27)), (3, range(27, 53)), (4, range(53, 61))):
        texts = [item.text for item in listed if item.page == page]
        assert str(sum(Decimal(f"{n}.50") for n in lines)) in texts
        assert str(sum(Decimal(f"{n}.01") for n in lines)) in texts
        assert f"共 3 页 第 {page - 1} 页" in texts
        assert {CODE, "00000001", BUYER["name"], SELLER["name"], "2026年11月24日"} <= set(texts)
        assert ("1038.00" in texts) is (page == 4)
    assert [item.page for item in shown if item.text == "清单见后"] == [1]


def test_tax_control_list_stays_inside_its_frame() -> None:
    long = [
        make_line("*软件维护服务*" + "长" * 99 + "终", line_no=n, unit_price="4197.1698113207547")
        for n in range(9)
    ]
    for item in shown_of(make_tax_control(*long)):
        if item.page > 1 and item.y > 52:
            assert item.x >= 8
            assert item.right <= 202, item
            assert item.y <= 265, item


@pytest.mark.parametrize("name", ["ordinary", "listed"])
def test_tax_control_voided_invoice_is_marked_on_every_page(name: str) -> None:
    shown = shown_of(INVOICES[name] | {"mark": "voided"})
    assert {item.page for item in shown if item.text == "作废"} == {item.page for item in shown}
    assert [item for item in shown if item.text != "作废"] == shown_of(INVOICES[name])


def test_tax_control_untaxed_invoice_prints_stars() -> None:
    shown = shown_of(INVOICES["exempt"])
    assert [item.text for item in shown if item.text in {"免税", "***"}] == ["免税", "***", "***"]


@pytest.mark.parametrize("name", ["listed", "long", "freight_listed"])
def test_tax_control_file_opens_clean(name: str, tmp_path: Path) -> None:
    run("qpdf", "--check", "@", document=render_pdf(INVOICES[name]), folder=tmp_path)
    run(
        "mutool",
        "draw",
        "-q",
        "-F",
        "txt",
        "-o",
        "-",
        "@",
        document=render_pdf(INVOICES[name]),
        folder=tmp_path,
    )
