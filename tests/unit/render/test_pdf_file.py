"""The file itself: reproducible, sound, dated by the invoice, with all fonts inside."""

import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from libs.common.contracts.invoice_document import InvoiceDocument
from services.render.page.errors import MissingGlyph, UnsupportedKind
from services.render.page.layout import fields, load_layout
from services.render.pdf.document import render_pdf
from tests.unit.render.pdf_reader import Pdf
from tests.unit.render.poppler import run
from tests.unit.render.samples import BUYER, hard_invoices, make_invoice, make_line, worked_invoices

pytestmark = pytest.mark.fast
ROOT = Path(__file__).parents[3]


def test_pdf_same_invoice_twice_same_bytes() -> None:
    assert render_pdf(hard_invoices()["long_names"]) == render_pdf(hard_invoices()["long_names"])


def test_pdf_fresh_process_with_other_hash_seed_same_bytes() -> None:
    script = (
        "import sys; from services.render.pdf.document import render_pdf;"
        "from tests.unit.render.samples import make_invoice;"
        "render_pdf(make_invoice(remarks='别的')); sys.stdout.buffer.write(render_pdf(make_invoice()))"
    )
    environment = {"PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT), "TZ": "America/New_York"}
    fresh = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=True)
    assert fresh.stdout == render_pdf(make_invoice())


def test_pdf_other_name_other_identity() -> None:
    identities = {_identity(render_pdf(make_invoice(drawer=drawer))) for drawer in ("甲", "乙", "丙")}
    assert len(identities) == 3


def _identity(pdf: bytes) -> bytes:
    return re.findall(rb"/ID\[<(\w{32})><\1>\]", pdf)[0]


def test_pdf_without_a_mark_is_the_plain_document() -> None:
    assert render_pdf(make_invoice(mark=None)) == render_pdf(make_invoice())
    assert render_pdf(make_invoice(mark="voided")) != render_pdf(make_invoice())


def test_pdf_dates_are_issue_moment_in_china() -> None:
    pdf = render_pdf(make_invoice(issued_at="2026-11-23T18:04:05.678Z"))
    assert set(re.findall(rb"\(D:([^)]+)\)", pdf)) == {b"20261124020405+08'00'"}
    assert set(re.findall(rb'xmp:\w+Date="([^"]+)"', pdf)) == {b"2026-11-24T02:04:05+08:00"}


def test_pdf_event_document_and_answer_same_bytes() -> None:
    invoice = make_invoice(taxpayer_id="01990000-0000-7000-8000-000000000002", reference="SO-1")
    document = msgspec.convert(invoice, InvoiceDocument)
    assert render_pdf(document) == render_pdf(invoice)


def test_pdf_all_fonts_embedded_as_subsets(tmp_path: Path) -> None:
    listing = (
        run("pdffonts", "@", document=render_pdf(make_invoice()), folder=tmp_path).decode().splitlines()[2:]
    )
    assert {line.split("+")[1].split()[0] for line in listing} == {
        "OpenFapiaoKai",
        "OpenFapiaoMono",
        "OpenFapiaoSong",
    }
    assert all(re.search(r"CID Type 0C +Identity-H +yes yes yes", line) for line in listing)


@pytest.mark.parametrize(("tool", "option"), [("qpdf", "--check"), ("mutool", "draw")])
def test_pdf_structure_opens_clean(tool: str, option: str, tmp_path: Path) -> None:
    invoices = hard_invoices() | worked_invoices()
    for name in ("longest_cells", "hostile", "rare_names", "W12"):
        options = [option, "@"] if tool == "qpdf" else [option, "-q", "-F", "txt", "-o", "-", "@"]
        run(tool, *options, document=render_pdf(invoices[name]), folder=tmp_path)


@pytest.mark.parametrize("tax_id", ["91420106MA4L123460", "Passport-No.a1/b2 (x)", "", None])
def test_pdf_any_tax_id_is_shown(tax_id: str | None) -> None:
    shown = Pdf(render_pdf(make_invoice(buyer=BUYER | {"tax_id": tax_id}))).shown()
    assert [item.text for item in shown if item.font == "mono" and item.x < 60] == [tax_id] * bool(tax_id)


@pytest.mark.parametrize("layout", ["native", "tax_control", "goods_list"])
def test_pdf_only_tax_ids_are_set_in_mono(layout: str) -> None:
    design = load_layout(layout)
    sections = (design.head, design.columns, design.subtotal, design.total, design.closing, design.foot)
    names = {field.name for section in sections for field in fields(section) if field.font == "mono"}
    assert names <= {"buyer_tax_id", "seller_tax_id"}


def test_pdf_never_holds_active_content() -> None:
    pdf = render_pdf(hard_invoices()["hostile"])
    assert not re.search(rb"/(JavaScript|JS|URI|Launch|OpenAction|AA|GoToR|GoToE|SubmitForm)\b", pdf)


def test_pdf_page_is_210_by_140_mm() -> None:
    pdf = Pdf(render_pdf(make_invoice()))
    box = re.findall(r"/MediaBox\[0 0 ([\d.]+) ([\d.]+)\]", pdf.dictionary(pdf.reference(1, "Pages")))[0]
    assert [round(float(side) * 25.4 / 72, 2) for side in box] == [210, 140]


@pytest.mark.parametrize("character", ["\U0001f600", "\u202e", "\u0e01", "\ue000", "\t"])
def test_pdf_missing_glyph_raises(character: str) -> None:
    with pytest.raises(MissingGlyph) as failure:
        render_pdf(make_invoice(make_line(), make_line(f"*餐饮服务*餐{character}费")))
    assert failure.value.character == character


def test_pdf_missing_glyph_in_party_name_raises() -> None:
    with pytest.raises(MissingGlyph):
        render_pdf(make_invoice(buyer=BUYER | {"name": "武汉\U0001f600公司"}))


def test_pdf_kind_without_design_raises() -> None:
    with pytest.raises(UnsupportedKind):
        render_pdf(make_invoice(kind="toll"))


def test_pdf_invoice_without_number_raises() -> None:
    with pytest.raises(msgspec.ValidationError):
        render_pdf(make_invoice(number=None))
