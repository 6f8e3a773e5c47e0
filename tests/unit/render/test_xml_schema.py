"""docs/formats/einvoice.xsd: every EInvoice that is written validates, and a wrong one does not."""

from pathlib import Path

import pytest
from hypothesis import given
from lxml import etree

from services.render.structured.einvoice import render_xml
from tests.unit.render.kind_samples import make_journeys
from tests.unit.render.random_invoices import invoices
from tests.unit.render.samples import NUMBER, make_invoice, make_line
from tests.unit.render.structured_samples import every_invoice

pytestmark = pytest.mark.fast

XSD = Path(__file__).parents[3] / "docs/formats/einvoice.xsd"
SCHEMA = etree.XMLSchema(etree.parse(XSD))

INDIVIDUAL = "<Information>购买方自然人标志</Information>"
AGAIN = f"<Additional>{INDIVIDUAL}<InformationValue>N</InformationValue></Additional>"
# What stands in a sample, and what would make it wrong.
MUTATIONS = [
    ("<EIid>26422000000000000001</EIid>", ""),
    ("<EIid>26422000000000000001</EIid>", "<EIid>2642200000000000000A</EIid>"),
    ("<LabelCode>Y</LabelCode><LabelName>是", "<LabelCode>X</LabelCode><LabelName>是"),
    ("<Version>0.31</Version>", "<Version>0.31</Version><Version>0.31</Version>"),
    ("SellerName>", "SellerNames>"),
    ("<BuyerName>杭州青禾软件有限公司</BuyerName>", "<BuyerName></BuyerName>"),
    ("<TotalTaxAm>134.94</TotalTaxAm>", "<TotalTaxAm>134.9</TotalTaxAm>"),
    ("TotalTax-includedAmount>", "TotaltaxIncludedAmount>"),
    ("TotaltaxIncludedAmount>", "TotalTax-includedAmount>"),
    ("<Amount>1038.00</Amount>", "<Amount>1,038.00</Amount>"),
    ("<Amount>1038.00</Amount>", "<Amount>1.038E3</Amount>"),
    ("<Quantity>12</Quantity>", "<Quantity>一打</Quantity>"),
    ("<TaxRate>0.13</TaxRate>", "<TaxRate>13</TaxRate>"),
    ("<TaxClassificationCode>1090511030000000000<", "<TaxClassificationCode>109051103<"),
    ("<RequestTime>2026-11-24 02:04:05<", "<RequestTime>2026-11-24T02:04:05Z<"),
    ("<IssueTime>2026-11-24<", "<IssueTime>2026-11-31<"),
    ("<OriginalInvoiceCode>26422000000000000001</OriginalInvoiceCode>", ""),
    ("<Traveler>张样例</Traveler>", ""),
    ("<InformationValue>Y</InformationValue>", ""),
    ("</Additional>", f"</Additional>{AGAIN}"),
    ("</EInvoice>", "<TaxBureauSignature/></EInvoice>"),
    ("<EInvoiceData>", '<EInvoiceData note="1">'),
]


def errors(content: str | bytes) -> list[str]:
    document = etree.fromstring(content if isinstance(content, bytes) else content.encode())
    SCHEMA.validate(document)
    return [f"{error.line}: {error.message}" for error in SCHEMA.error_log]


@pytest.mark.parametrize("name", sorted(every_invoice()))
def test_schema_of_each_sample_has_no_objection(name: str) -> None:
    assert errors(render_xml(every_invoice()[name])) == []


@given(invoices())
def test_schema_of_any_invoice_has_no_objection(invoice: dict) -> None:
    assert errors(render_xml(invoice)) == []


@pytest.mark.parametrize(("sound", "wrong"), MUTATIONS)
def test_schema_of_wrong_invoice_objects(sound: str, wrong: str) -> None:
    invoice = make_invoice(
        buyer={"name": "杭州青禾软件有限公司", "tax_id": "", "is_individual": True},
        red={"blue_number": NUMBER, "confirmation_number": ""} if "Original" in sound else None,
        special_business=make_journeys(2) | {"rows": [make_journeys(2)["rows"][1] | {"traveller": "张样例"}]},
    )
    content = render_xml(invoice).decode()
    assert errors(content) == []
    assert sound in content
    assert errors(content.replace(sound, wrong)) != []


def test_schema_of_largest_invoice_has_no_objection() -> None:
    assert errors(render_xml(make_invoice(*[make_line()] * 2000))) == []
