"""What veraPDF, poppler and PDFium say of every kind of document: PDF/A-3u, and nothing to complain of."""

from pathlib import Path

import pypdfium2
import pytest

from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from tests.helpers.readers import validate_pdfs
from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.poppler import run
from tests.unit.render.samples import hard_invoices, make_invoice, make_line, worked_invoices

TAX_CONTROL = {f"tax_control_{name}": invoice for name, invoice in tax_control_invoices().items()}
MARKED = {"voided": make_invoice(mark="voided")}
MANY = {"many": make_invoice(*(make_line(f"*餐饮服务*餐费{n}", line_no=n) for n in range(1, 201)))}
INVOICES = worked_invoices() | hard_invoices() | business_invoices() | TAX_CONTROL | MARKED | MANY


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pdf")
    paths = [folder / f"{name}.pdf" for name in INVOICES]
    for path in paths:
        path.write_bytes(render_pdf(INVOICES[path.stem]))
    return paths


def test_conformance_every_document_is_pdf_a_3u(files: list[Path]) -> None:
    broken = validate_pdfs(files)
    assert len(broken) == len(files)
    assert {name: rules for name, rules in broken.items() if rules} == {}


def test_conformance_document_without_its_colours_is_found_out(tmp_path: Path) -> None:
    path = tmp_path / "spoilt.pdf"
    path.write_bytes(render_pdf(make_invoice()).replace(b"/OutputIntents", b"/OutputIntentX"))
    clauses = {rule["clause"] for rule in validate_pdfs([path])[path.name]}
    assert "6.2.4.3" in clauses


@pytest.mark.fast
def test_conformance_pdfium_reads_every_page_and_the_xml() -> None:
    for name, invoice in INVOICES.items():
        document = pypdfium2.PdfDocument(render_pdf(invoice))
        texts = [page.get_textpage().get_text_bounded() for page in document]
        assert all("样票" in text for text in texts), name
        assert document.count_attachments() == 1
        assert bytes(document.get_attachment(0).get_data()) == render_xml(invoice)
        document.close()


@pytest.mark.fast
@pytest.mark.parametrize("name", ["W01", "rare_names", "tax_control_listed", "voided"])
def test_conformance_poppler_has_no_complaint(name: str, tmp_path: Path) -> None:
    about = run("pdfinfo", "@", document=render_pdf(INVOICES[name]), folder=tmp_path).decode()
    assert "Metadata Stream: yes" in about.replace("  ", "")
    assert "JavaScript:      no" in about
