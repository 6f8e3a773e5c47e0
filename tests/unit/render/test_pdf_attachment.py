"""The XML inside the PDF: the archived bytes, under the name that the XML document has when it is downloaded."""

import re

import pytest

from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from tests.unit.render.kind_samples import CODE, make_tax_control
from tests.unit.render.pdf_reader import Pdf
from tests.unit.render.samples import NUMBER, SELLER, make_invoice

pytestmark = pytest.mark.fast


def specification(pdf: Pdf) -> int:
    return pdf.reference(1, "AF")


@pytest.mark.parametrize("invoice", [make_invoice(), make_tax_control(), make_invoice(mark="voided")])
def test_attachment_is_the_xml_document(invoice: dict[str, object]) -> None:
    pdf = Pdf(render_pdf(invoice))
    file = pdf.reference(specification(pdf), "UF")
    assert pdf.stream(file) == render_xml(invoice)
    assert f"/Size {len(render_xml(invoice))}" in pdf.dictionary(file)


def test_attachment_made_already_is_enclosed_as_it_is() -> None:
    invoice = make_invoice()
    assert render_pdf(invoice | {"xml": render_xml(invoice)}) == render_pdf(invoice)
    pdf = Pdf(render_pdf(invoice | {"xml": b"<EInvoice/>"}))
    assert pdf.stream(pdf.reference(specification(pdf), "UF")) == b"<EInvoice/>"


@pytest.mark.parametrize(
    ("invoice", "number"), [(make_invoice(), NUMBER), (make_tax_control(), f"{CODE}00000001")]
)
def test_attachment_has_the_name_of_the_download(invoice: dict[str, object], number: str) -> None:
    pdf = Pdf(render_pdf(invoice))
    about = pdf.dictionary(specification(pdf))
    name = re.findall(r"/UF<FEFF([0-9a-f]+)>", about)[0]
    assert bytes.fromhex(name).decode("utf-16-be") == f"dzfp_{number}_{SELLER['name']}_20261124020405.xml"
    assert f"/F(dzfp_{number}_20261124020405.xml)" in about


def test_attachment_belongs_to_the_document_as_its_data() -> None:
    pdf = Pdf(render_pdf(make_invoice()))
    assert "/AFRelationship/Data" in pdf.dictionary(specification(pdf))
    assert re.findall(r"/EmbeddedFiles<</Names\[\(EInvoice\)(\d+) 0 R\]", pdf.dictionary(1)) == [
        str(specification(pdf))
    ]
    assert pdf.bytes.count(b"/Type/EmbeddedFile") == 1
