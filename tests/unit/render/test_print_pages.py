"""Printed invoices: the page of the archive at full size, moved as asked; read back by poppler, qpdf and MuPDF."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from pypdfium2 import PdfDocument

from services.render.page.face import read_face
from services.render.pdf.document import render_pdf
from services.render.print.document import print_batch, print_invoice
from services.render.print.profiles import Offset, ProfileName, load_profiles
from services.render.print.ruler_page import draw_test_page
from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.poppler import picture_of, run, text_of
from tests.unit.render.samples import BUYER, hard_invoices, make_invoice, make_line, worked_invoices

pytestmark = pytest.mark.fast

PROFILES = list(load_profiles())
PAPERS = [name for name in PROFILES if name != "roll_80"]
PAPER_KIND = tax_control_invoices()["paper_ordinary"]
INVOICES = {
    **worked_invoices(),
    **hard_invoices(),
    **business_invoices(),
    **{f"tax_control_{name}": invoice for name, invoice in tax_control_invoices().items()},
}
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')


class Word(NamedTuple):
    """What poppler reads, in mm from the upper left corner of the paper."""

    text: str
    x: float
    y: float


def print_on(invoice: Any, name: ProfileName, dx: float = 0.0, dy: float = 0.0) -> bytes:
    return print_invoice(invoice, load_profiles()[name], Offset(dx, dy))


def words_of(document: bytes, folder: Path) -> list[Word]:
    found = _WORD.findall(text_of(document, folder, "-bbox"))
    return [Word(text, float(x) / 72 * 25.4, float(y) / 72 * 25.4) for x, y, _, _, text in found]


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("native", 0.0, 0.0),
        ("a4", 0.0, 4.25),
        ("a5", 0.0, 4.0),
        ("two_on_a4", 0.0, 4.25),
        ("form_241", 15.5, 0.0),
    ],
)
def test_printed_words_stand_where_the_archived_page_has_them(
    name: ProfileName, x: float, y: float, tmp_path: Path
) -> None:
    invoice = INVOICES["long_names"]
    archived = words_of(render_pdf(invoice), tmp_path)
    printed = words_of(print_on(invoice, name, 1.5, -2.25), tmp_path)
    assert [word.text for word in printed] == [word.text for word in archived]
    for old, new in zip(archived, printed, strict=True):
        assert new.x - old.x == pytest.approx(x + 1.5, abs=0.02)
        assert new.y - old.y == pytest.approx(y - 2.25, abs=0.02)


@pytest.mark.parametrize("invoice", INVOICES.values(), ids=INVOICES)
def test_printed_words_are_those_of_the_archived_page_for_every_kind(
    invoice: dict[str, Any], tmp_path: Path
) -> None:
    archived, printed = (
        words_of(render_pdf(invoice), tmp_path),
        words_of(print_on(invoice, "native"), tmp_path),
    )
    assert [word.text for word in printed] == [word.text for word in archived]
    for old, new in zip(archived, printed, strict=True):
        assert (new.x, new.y) == pytest.approx((old.x, old.y), abs=0.02)


@pytest.mark.parametrize("name", [name for name in PROFILES if name != "two_on_a4"])
@pytest.mark.parametrize("invoice", [make_invoice(), INVOICES["tax_control_listed"]], ids=["plain", "listed"])
def test_margins_of_the_profile_stay_blank(
    name: ProfileName, invoice: dict[str, Any], tmp_path: Path
) -> None:
    document = print_on(invoice, name)
    margins = load_profiles()[name].margins
    for page in range(1, len(PdfDocument(document)) + 1):
        picture = picture_of(document, tmp_path, page)
        rows = [
            picture.pixels[start : start + picture.width]
            for start in range(0, len(picture.pixels), picture.width)
        ]
        top, right, bottom, left = (int(mm / 25.4 * 150) for mm in margins)
        assert set(b"".join(rows[:top] + rows[len(rows) - bottom :])) == {255}
        assert set(b"".join(row[:left] + row[len(row) - right :] for row in rows)) == {255}


@pytest.mark.parametrize("name", PAPERS)
def test_print_has_every_page_of_a_long_invoice(name: ProfileName, tmp_path: Path) -> None:
    text = text_of(print_on(INVOICES["two_pages"], name), tmp_path)
    assert text.count("共 2 页 第 1 页") == text.count("共 2 页 第 2 页") == 1


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("invoice", INVOICES.values(), ids=INVOICES)
def test_print_of_every_kind_is_sound_for_qpdf_and_shows_what_counts(
    name: ProfileName, invoice: dict[str, Any], tmp_path: Path
) -> None:
    document = print_on(invoice, name)
    assert document == print_on(invoice, name)
    run("qpdf", "--check", "@", document=document, folder=tmp_path)
    text = text_of(document, tmp_path, "-raw").replace("\n", "").replace(" ", "")
    face = read_face(invoice)
    for value in (face.number, face.buyer.name, face.totals.amount_with_tax_words, "样票"):
        assert value.replace(" ", "").replace("\n", "") in text


@pytest.mark.parametrize("name", PROFILES)
def test_print_opens_in_mupdf_and_pdfium(name: ProfileName, tmp_path: Path) -> None:
    document = print_batch([make_invoice(), INVOICES["tax_control_listed"]], load_profiles()[name], Offset())
    assert b"Pages:" in run("mutool", "info", "@", document=document, folder=tmp_path)
    opened = PdfDocument(document)
    assert [mark.get_title()[-10:] for mark in opened.get_toc()] == [BUYER["name"]] * 2
    assert "样票" in opened[0].get_textpage().get_text_range()


@pytest.mark.parametrize(("mark", "text"), [("voided", "作废"), ("dry_run", "试算")])
@pytest.mark.parametrize("name", PROFILES)
def test_print_shows_the_mark_of_the_version(name: ProfileName, mark: str, text: str, tmp_path: Path) -> None:
    for invoice in (make_invoice(mark=mark), PAPER_KIND | {"mark": mark}):
        assert text in text_of(print_on(invoice, name), tmp_path)


def test_stock_of_paper_kinds_gets_values_only(tmp_path: Path) -> None:
    whole = text_of(print_on(PAPER_KIND, "native"), tmp_path)
    values = text_of(print_on(PAPER_KIND, "form_241"), tmp_path)
    for label in ("发票代码：", "购", "价税合计（大写）", "增值税普通发票", "收款人："):
        assert label in whole
        assert label not in values
    face = read_face(PAPER_KIND)
    for value in (face.number, face.code, face.seller.name, face.totals.amount_with_tax_words, "样票"):
        assert value
        assert value in values
    assert "发票号码：" in text_of(print_on(make_invoice(), "form_241"), tmp_path)


def test_stock_values_stand_where_the_whole_page_has_them(tmp_path: Path) -> None:
    whole = {word.text: word for word in words_of(print_on(PAPER_KIND, "native"), tmp_path)}
    values = {word.text: word for word in words_of(print_on(PAPER_KIND, "form_241"), tmp_path)}
    price = read_face(PAPER_KIND).lines[0].unit_price or ""
    assert values[price].x - whole[price].x == pytest.approx(15.5, abs=0.02)
    assert values[price].y == pytest.approx(whole[price].y, abs=0.02)


def test_batch_keeps_its_order_and_pairs_invoices(tmp_path: Path) -> None:
    numbers = [f"2642200000000000000{n}" for n in range(1, 4)]
    batch = print_batch(
        [make_invoice(number=number) for number in numbers], load_profiles()["two_on_a4"], Offset()
    )
    pages = text_of(batch, tmp_path).split("\f")[:-1]
    assert [[number for number in numbers if number in page] for page in pages] == [numbers[:2], numbers[2:]]


def test_batch_bookmarks_name_number_and_buyer_and_lead_to_the_page(tmp_path: Path) -> None:
    invoices = [make_invoice(), INVOICES["tax_control_listed"], make_invoice(number="26422000000000000009")]
    batch = print_batch(invoices, load_profiles()["two_on_a4"], Offset())
    outline = run("mutool", "show", "@", "outline", document=batch, folder=tmp_path).decode()
    lines = outline.strip().splitlines()
    assert len(lines) == 3
    for line, invoice in zip(lines, invoices, strict=True):
        face = read_face(invoice)
        assert f"{face.code or ''}{face.number} {face.buyer.name}" in line
    pages = [int(found) for found in re.findall(r"#page=(\d+)", outline)]
    texts = text_of(batch, tmp_path).split("\f")
    assert all(read_face(one).number in texts[page - 1] for one, page in zip(invoices, pages, strict=True))


def test_print_of_one_invoice_has_no_bookmarks_and_asks_for_no_scaling() -> None:
    document = print_on(make_invoice(), "a4")
    assert b"/Outlines" not in document
    assert b"/PrintScaling/None" in document


def test_batch_of_very_long_invoices_is_small() -> None:
    lines = [make_line(line_no=n) for n in range(1, 2001)]
    batch = print_batch((make_invoice(*lines) for _ in range(4)), load_profiles()["a4"], Offset())
    assert batch.count(b"/Type/Page/") == 1000
    assert len(batch) < 2_000_000


def test_receipt_shows_everything_that_the_page_shows(tmp_path: Path) -> None:
    invoice = make_invoice(
        make_line(specification="M720", quantity=None, unit_price=None),
        make_line("*餐饮服务*餐费", printed_rate="免税", printed_tax="***"),
        remarks="合同编号 HT-2026-77",
        print={"seller_bank": True, "buyer_address": True},
    )
    page = text_of(print_on(invoice, "native"), tmp_path, "-raw")
    receipt = text_of(print_on(invoice, "roll_80"), tmp_path, "-raw").replace("\n", "")
    face = read_face(invoice)
    seller, buyer, totals = face.seller, face.buyer, face.totals
    values = [
        face.number,
        seller.name,
        seller.tax_id,
        buyer.name,
        buyer.tax_id,
        "2026年11月24日",
        "M720",
        "免税",
    ]
    values += [totals.amount, totals.tax, totals.amount_with_tax, totals.amount_with_tax_words, face.drawer]
    values += ["合同编号 HT-2026-77", seller.bank_account, buyer.phone, "***", "电子发票（普通发票）", "样票"]
    for value in values:
        assert value
        assert value in page
        assert value in receipt


def test_receipt_is_as_long_as_its_content_and_narrower_than_its_paper(tmp_path: Path) -> None:
    sizes = []
    for name in ("two_pages", "passengers_long", "longest_cells"):
        document = print_on(INVOICES[name], "roll_80")
        size = re.search(rb"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", document)
        assert size
        assert float(size[1]) == pytest.approx(80 / 25.4 * 72, abs=0.01)
        sizes.append(float(size[2]) / 72 * 25.4)
        found = _WORD.findall(text_of(document, tmp_path, "-bbox"))
        assert min(float(word[0]) for word in found) / 72 * 25.4 > 3.9
        assert max(float(word[2]) for word in found) / 72 * 25.4 < 76.1
        assert max(float(word[3]) for word in found) / 72 * 25.4 < sizes[-1]
    assert len(set(sizes)) == 3


def test_receipt_of_very_many_lines_goes_on_in_numbered_pieces(tmp_path: Path) -> None:
    lines = [make_line(f"*计算机外部设备*键盘{n}", line_no=n) for n in range(1, 301)]
    pieces = text_of(print_on(make_invoice(*lines), "roll_80"), tmp_path).split("\f")[:-1]
    assert len(pieces) > 1
    assert "下接第 2 段" in pieces[0]
    assert "第 2 段" in pieces[1]
    assert all(sum(f"键盘{n}\n" in piece for piece in pieces) == 1 for n in range(1, 301))


@pytest.mark.parametrize("name", PROFILES)
def test_ruler_is_as_long_as_it_says(name: ProfileName, tmp_path: Path) -> None:
    """Measured on the picture: the line of the test page at 600 dots an inch."""
    profile = load_profiles()[name]
    zero = profile.cross + 12.0
    dots = 600 / 25.4
    left, top = round((zero + 1) * dots), round((zero + 8) * dots)
    width = round((profile.ruler + 4) * dots)
    crop = ["-x", str(left), "-y", str(top), "-W", str(width), "-H", "1"]
    pgm = run(
        "pdftoppm", "-r", "600", "-gray", *crop, "@", document=draw_test_page(name, Offset()), folder=tmp_path
    )
    dark = [at for at, value in enumerate(pgm[-width:]) if value < 128]
    assert (dark[-1] - dark[0] + 1) / dots == pytest.approx(profile.ruler, abs=0.1)
    assert len(dark) == dark[-1] - dark[0] + 1


@pytest.mark.parametrize("name", PROFILES)
def test_ruler_page_moves_by_the_offset(name: ProfileName, tmp_path: Path) -> None:
    still = words_of(draw_test_page(name, Offset()), tmp_path)
    moved = words_of(draw_test_page(name, Offset(2.0, -1.5)), tmp_path)
    assert moved[0].x - still[0].x == pytest.approx(2.0, abs=0.02)
    assert moved[0].y - still[0].y == pytest.approx(-1.5, abs=0.02)
