"""The EInvoice read by lxml, apart from the code that wrote it, against the answer it was made from."""

from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from services.render.page.errors import UnsupportedKind
from services.render.structured.einvoice import render_xml
from services.render.structured.markup import NotInXml
from tests.unit.render.kind_samples import CODE, make_journeys, make_tax_control
from tests.unit.render.samples import HOSTILE, make_invoice, make_line
from tests.unit.render.structured_samples import answered_invoices, every_invoice

pytestmark = pytest.mark.fast

PARTY = {
    "IdNum": "tax_id",
    "Name": "name",
    "Addr": "address",
    "TelNum": "phone",
    "BankName": "bank_name",
    "BankAccNum": "bank_account",
}
LINE = {
    "ItemName": "name",
    "SpecMod": "specification",
    "MeaUnits": "unit",
    "Quantity": "quantity",
    "UnPrice": "unit_price",
    "Amount": "amount",
    "ComTaxAm": "tax",
    "TotaltaxIncludedAmount": "amount_with_tax",
    "TaxClassificationCode": "tax_class_code",
}
TOTALS = {
    "TotalAmWithoutTax": "amount",
    "TotalTaxAm": "tax",
    "TotalTax-includedAmount": "amount_with_tax",
    "TotalTax-includedAmountInChinese": "amount_with_tax_words",
}


def read(invoice: dict[str, Any]) -> etree._Element:
    return etree.fromstring(render_xml(invoice))


def text(root: etree._Element, path: str) -> str:
    return root.findtext(path) or ""


def additional(root: etree._Element) -> dict[str, str]:
    return {
        fact.findtext("Information"): fact.findtext("InformationValue") for fact in root.iter("Additional")
    }


@pytest.mark.parametrize("name", sorted(every_invoice()))
def test_xml_of_each_sample_says_what_the_answer_says(name: str) -> None:
    invoice = every_invoice()[name]
    root = read(invoice)
    for role in ("Seller", "Buyer"):
        for tag, field in PARTY.items():
            said = text(root, f"EInvoiceData/{role}Information/{role}{tag}")
            assert said == (invoice[role.lower()].get(field) or "")
    for tag, field in TOTALS.items():
        assert text(root, f"EInvoiceData/BasicInformation/{tag}") == invoice["totals"][field]
    items = root.findall("EInvoiceData/IssuItemInformation")
    assert len(items) == len(invoice["lines"])
    for item, line in zip(items, invoice["lines"], strict=True):
        assert {tag: text(item, tag) for tag in LINE} == {
            tag: line[field] or "" for tag, field in LINE.items()
        }
        printed = line["printed_rate"]
        assert text(item, "TaxRate") == (line["tax_rate"] if printed.endswith("%") else printed)
    assert text(root, "Header/EIid") == f"{invoice['code'] or ''}{invoice['number']}"
    assert text(root, "TaxSupervisionInfo/InvoiceNumber") == invoice["number"]
    assert text(root, "TaxSupervisionInfo/IssueTime") == invoice["issue_date"]
    assert text(root, "EInvoiceData/BasicInformation/Drawer") == invoice["drawer"]
    assert text(root, "EInvoiceData/AdditionalInformation/Remark").endswith(invoice["remarks"])
    assert root.find("TaxBureauSignature") is None


@pytest.mark.parametrize("name", sorted(answered_invoices()))
def test_xml_of_worked_invoice_adds_up(name: str) -> None:
    root = read(answered_invoices()[name])
    for total, tag in (("TotalAmWithoutTax", "Amount"), ("TotalTaxAm", "ComTaxAm")):
        lines = [Decimal(item.text) for item in root.iter(tag)]
        assert sum(lines) == Decimal(text(root, f"EInvoiceData/BasicInformation/{total}"))


def test_xml_header_tells_kind_bureau_and_time() -> None:
    root = read(make_invoice(kind="digital_special"))
    assert text(root, "Header/EInvoiceTag") == "SWEI4200"
    assert text(root, "Header/InherentLabel/InIssuType/LabelCode") == "Y"
    assert text(root, "Header/InherentLabel/GeneralOrSpecialVAT/LabelCode") == "01"
    assert text(root, "TaxSupervisionInfo/TaxBureauCode") == "14200000000"
    assert text(root, "TaxSupervisionInfo/TaxBureauName") == "国家税务总局湖北省税务局"
    assert text(root, "EInvoiceData/BasicInformation/RequestTime") == "2026-11-24 02:04:05"


def test_xml_of_number_of_planned_city_names_its_bureau() -> None:
    root = read(make_invoice(number="26947000000000000001"))
    assert text(root, "Header/EInvoiceTag") == "SWEI3502"
    assert text(root, "TaxSupervisionInfo/TaxBureauCode") == "13502000000"


def test_xml_of_red_invoice_names_blue_and_confirmation() -> None:
    root = read(answered_invoices()["W10"])
    assert text(root, "Header/InherentLabel/InIssuType/LabelCode") == "N"
    red = root.find("EInvoiceData/SpecificInformation/RedEInvoice")
    assert red.findtext("OriginalInvoiceCode") == "26422000000000000001"
    assert red.findtext("CreditNoteNumber") == "420100261100000001"
    assert text(root, "EInvoiceData/AdditionalInformation/Remark").startswith("被红冲蓝字数电发票号码")
    assert additional(root)["明细2.对应蓝字明细序号"] == "3"


def test_xml_of_difference_taxation_tells_deduction() -> None:
    root = read(answered_invoices()["W07"])
    assert text(root, "EInvoiceData/IssuItemInformation/TaxRate") == "***"
    assert additional(root)["明细1.扣除额"] == "8480.00"
    assert "差额开票" in {label.findtext("LabelName") for label in root.iter("Label")}


def test_xml_of_exempt_line_tells_policy() -> None:
    facts = additional(read(answered_invoices()["W05"]))
    assert facts["明细1.优惠政策标识"] == "免税"
    assert facts["明细1.零税率标识"] == "出口免税和其他免税优惠"


def test_xml_of_journeys_has_an_element_each() -> None:
    root = read(make_invoice(special_business=make_journeys(2)))
    first, last = root.findall("EInvoiceData/SpecificInformation/PassengerTransportation")
    assert first.findtext("Traveler") == "乘客1"
    assert first.findtext("Vehicletype") == "火车"
    assert last.findtext("TypeOfPassengerDocument") == "外国护照"
    assert last.find("Vehicletype") is None


def test_xml_of_freight_names_rows_in_additional() -> None:
    facts = additional(read(every_invoice()["freight"]))
    assert facts["货物运输2.运输工具牌号"] == "鄂A00002"
    assert facts["货物运输1.运输工具种类"] == "公路"


def test_xml_of_tax_control_kind_has_code_and_check_code() -> None:
    root = read(make_tax_control())
    assert text(root, "Header/EIid") == f"{CODE}00000001"
    assert text(root, "TaxSupervisionInfo/TaxBureauCode") == "14200000000"
    assert additional(root)["校验码"] == "12345678901234567890"
    assert additional(root)["复核人"] == "李四"


def test_xml_of_voided_version_says_so_and_of_every_version_that_it_is_a_sample() -> None:
    labels = {label.findtext("LabelType") for label in read(make_invoice(mark="voided")).iter("Label")}
    assert labels >= {"作废标签", "样票标签"}
    assert "作废标签" not in render_xml(make_invoice()).decode()


def test_xml_of_hostile_text_is_literal() -> None:
    root = read(make_invoice(*map(make_line, HOSTILE), remarks="]]>\n&amp;"))
    assert [item.text for item in root.iter("ItemName")] == HOSTILE
    assert text(root, "EInvoiceData/AdditionalInformation/Remark") == "]]>\n&amp;"


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\ufffe", "\uffff", "\ud800"])
def test_xml_of_character_that_xml_lacks_is_refused(character: str) -> None:
    with pytest.raises(NotInXml):
        render_xml(make_invoice(remarks=f"a{character}b"))


def test_xml_of_unknown_kind_is_refused() -> None:
    with pytest.raises(UnsupportedKind):
        render_xml(make_invoice(kind="toll"))


def test_xml_of_one_invoice_is_the_same_each_time() -> None:
    for invoice in every_invoice().values():
        assert render_xml(invoice) == render_xml(invoice)
