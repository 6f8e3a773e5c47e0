"""docs/formats/README.md names every element of the EInvoice, every field of the JSON document, every format."""

import json
import re

import pytest
from lxml import etree

from docs.generate import DOCS
from services.render.domain import ALL_FORMATS, MEDIA_TYPES, SUFFIXES

pytestmark = pytest.mark.fast

FORMATS = DOCS / "formats"
PAGE = (FORMATS / "README.md").read_text("utf-8")
# Told as a group: the rows of passengers, and what each party has.
GROUPS = re.compile(
    "PassengerTransportation|(Buyer|Seller)(Information|Addr|TelNum|BankName|BankAccNum|IdNum|Name)"
)
FRAMES = {
    "EInvoice", "Header", "InherentLabel", "UndefinedLabel", "Label", "LabelType", "LabelCode", "LabelName", "Version",
    "EInvoiceData", "Information", "InformationValue", "AuthenticationMethods", "SellerAuthentication", "EInvoiceType",
}  # fmt: skip


def test_formats_page_names_every_format_with_its_media_type() -> None:
    for name in ALL_FORMATS:
        [row] = re.findall(rf"^\| `{name}` .*$", PAGE, re.MULTILINE)
        assert f"`{MEDIA_TYPES[name]}`" in row
        assert f".{SUFFIXES.get(name, name)}`" in row


def test_formats_page_names_every_element_of_the_einvoice() -> None:
    schema = etree.parse(FORMATS / "einvoice.xsd")
    journey = "*[local-name()='complexType' and @name='Journey']"
    names = schema.xpath(f"//*[local-name()='element'][not(ancestor::{journey})]/@name")
    assert [
        name for name in names if name not in FRAMES and not GROUPS.fullmatch(name) and name not in PAGE
    ] == []


def test_formats_page_names_every_field_of_a_line_and_of_the_invoice() -> None:
    schemas = json.loads((FORMATS / "invoice.schema.json").read_text("utf-8"))["$defs"]
    fields = {*schemas["JsonInvoice"]["properties"], *schemas["LineDocument"]["properties"]}
    told = set(re.findall(r"\w+", PAGE))
    assert sorted(fields - told) == []
