"""The UBL document read by lxml against the answer; the official rules judge it in tests/integration."""

from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from services.render.structured.ubl import render_ubl
from services.render.structured.ubl_lines import Inexpressible
from tests.unit.render.kind_samples import CODE, JOURNEY, make_journeys, make_tax_control
from tests.unit.render.samples import HOSTILE, make_invoice, make_line
from tests.unit.render.structured_samples import answered_invoices, summed_invoices

pytestmark = pytest.mark.fast

_SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd"
NAMES = {"a": f"{_SCHEMA}:CommonAggregateComponents-2", "b": f"{_SCHEMA}:CommonBasicComponents-2"}


class Ubl:
    """A document and XPath on it."""

    def __init__(self, invoice: dict[str, Any]) -> None:
        self.root = etree.fromstring(render_ubl(invoice))
        self.name = etree.QName(self.root).localname

    def texts(self, path: str) -> list[str]:
        return [found.text for found in self.root.xpath(path, namespaces=NAMES)]

    def text(self, path: str) -> str:
        [text] = self.texts(path)
        return text


def dated(policy: str, **changes: Any) -> dict[str, Any]:
    zero = {"tax_rate": "0", "tax": "0.00", "amount_with_tax": "1038.00", "policy": policy}
    return make_line(**zero | changes)


def untaxed(*lines: dict[str, Any]) -> dict[str, Any]:
    amount = f"{sum(Decimal(line['amount']) for line in lines)}"
    tax = f"{sum(Decimal(line['tax']) for line in lines)}"
    totals = {"amount": amount, "tax": tax, "amount_with_tax": amount, "amount_with_tax_words": "壹圆整"}
    return make_invoice(*lines, totals=totals)


@pytest.mark.parametrize("name", sorted(summed_invoices().keys() - {"W12"}))
def test_ubl_of_each_sample_has_its_totals_and_taxes(name: str) -> None:
    invoice = summed_invoices()[name]
    ubl, sign = Ubl(invoice), -1 if invoice["red"] else 1
    totals = {field: sign * Decimal(value) for field, value in list(invoice["totals"].items())[:3]}
    assert ubl.name == ("CreditNote" if invoice["red"] else "Invoice")
    assert Decimal(ubl.text("//b:TaxExclusiveAmount")) == totals["amount"]
    assert Decimal(ubl.text("//b:TaxInclusiveAmount")) == totals["amount_with_tax"]
    assert Decimal(ubl.text("//b:PayableAmount")) == totals["amount_with_tax"]
    assert Decimal(ubl.text("a:TaxTotal/b:TaxAmount")) == totals["tax"]
    assert sum(map(Decimal, ubl.texts("//a:TaxSubtotal/b:TaxAmount"))) == totals["tax"]
    assert ubl.text("//a:AccountingSupplierParty//b:RegistrationName") == invoice["seller"]["name"]
    assert ubl.text("//a:AccountingCustomerParty//b:RegistrationName") == invoice["buyer"]["name"]
    assert "CNY" in ubl.text("b:DocumentCurrencyCode")


def test_ubl_of_discount_puts_it_inside_its_line() -> None:
    ubl = Ubl(answered_invoices()["W02"])
    assert ubl.texts("a:InvoiceLine/b:ID") == ["1", "3"]
    assert ubl.texts("a:InvoiceLine/b:LineExtensionAmount") == ["1080.00", "110.00"]
    assert ubl.text("a:InvoiceLine/a:AllowanceCharge/b:Amount") == "120.00"
    assert ubl.texts("a:InvoiceLine/a:Price/b:PriceAmount") == ["120", "55"]


def test_ubl_of_red_invoice_is_a_positive_credit_note_for_the_blue_one() -> None:
    ubl = Ubl(answered_invoices()["W10"])
    assert ubl.text("b:CreditNoteTypeCode") == "381"
    assert ubl.text("a:BillingReference/a:InvoiceDocumentReference/b:ID") == "26422000000000000001"
    assert ubl.texts("a:CreditNoteLine/b:CreditedQuantity") == ["5", "1"]
    assert ubl.texts("a:CreditNoteLine/b:LineExtensionAmount") == ["432.50", "1299.99"]
    assert "红字发票信息确认单编号：420100261100000001" in ubl.texts("b:Note")
    assert ubl.texts("a:PaymentMeans") == []


def test_ubl_of_difference_taxation_leaves_the_deduction_untaxed() -> None:
    ubl = Ubl(answered_invoices()["W07"])
    assert ubl.texts("a:InvoiceLine/b:ID") == ["1", "1-2"]
    assert ubl.texts("a:InvoiceLine/b:LineExtensionAmount") == ["2000.00", "8480.00"]
    assert ubl.texts("//a:TaxSubtotal/a:TaxCategory/b:ID") == ["S", "E"]
    assert ubl.texts("//a:TaxSubtotal/b:TaxAmount") == ["120.00", "0.00"]
    assert "差额征税" in ubl.text("//b:TaxExemptionReason")


def test_ubl_of_reduced_levy_taxes_what_the_tax_comes_from() -> None:
    ubl = Ubl(answered_invoices()["W15"])
    assert ubl.texts("a:InvoiceLine/b:LineExtensionAmount") == ["5000.00", "175.00"]
    assert ubl.texts("//a:TaxSubtotal/a:TaxCategory/b:Percent") == ["1.5", "0"]


@pytest.mark.parametrize(
    ("lines", "categories", "reasons"),
    [
        ([dated("exempt")], ["E"], ["免税 Exempt from VAT"]),
        ([dated("not_taxable")], ["O"], ["不征税 Not subject to VAT"]),
        ([dated("", zero_rate="ordinary")], ["Z"], []),
        (
            [dated("exempt"), dated("not_taxable")],
            ["E"],
            ["免税 Exempt from VAT; 不征税 Not subject to VAT"],
        ),
    ],
)
def test_ubl_of_untaxed_lines_tells_category_and_reason(
    lines: list[dict[str, Any]], categories: list[str], reasons: list[str]
) -> None:
    ubl = Ubl(untaxed(*lines))
    assert ubl.texts("//a:TaxSubtotal/a:TaxCategory/b:ID") == categories
    assert ubl.texts("//b:TaxExemptionReason") == reasons
    assert ubl.texts("//b:Percent") == ([] if categories == ["O"] else ["0"] * (len(lines) + 1))


def test_ubl_of_line_tells_class_specification_and_unit() -> None:
    ubl = Ubl(make_invoice(make_line(specification="M720", unit="千克", name="*计算机外部设备*键盘")))
    assert ubl.text("//a:Item/b:Name") == "*计算机外部设备*键盘"
    assert ubl.text("//b:ItemClassificationCode") == "1090511030000000000"
    assert ubl.texts("//a:AdditionalItemProperty/b:Value") == ["M720", "千克"]
    assert ubl.root.xpath("string(//b:InvoicedQuantity/@unitCode)", namespaces=NAMES) == "KGM"


def test_ubl_of_line_without_quantity_counts_one() -> None:
    ubl = Ubl(make_invoice(make_line(quantity=None, unit_price=None, unit="")))
    assert ubl.text("//b:InvoicedQuantity") == "1"
    assert ubl.text("//b:PriceAmount") == "1038.00"


def test_ubl_of_what_has_no_place_stands_in_notes() -> None:
    notes = Ubl(make_invoice(remarks="合同一号\n二", special_business=make_journeys(2))).texts("b:Note")
    assert "合同一号\n二" in notes
    assert "价税合计（大写）：壹仟壹佰柒拾贰圆玖角肆分" in notes
    [journey] = [note for note in notes if note.startswith("旅客运输1：")]
    assert JOURNEY["document_number"] in journey
    notes = Ubl(make_tax_control(mark="voided")).texts("b:Note")
    assert {f"发票代码：{CODE}", "收款人：王五", "已作废 Voided"} <= set(notes)


def test_ubl_of_buyer_without_tax_id_says_that_the_country_is_not_stated() -> None:
    notes = Ubl(make_invoice(buyer={"name": "Example GmbH", "tax_id": ""})).texts("b:Note")
    assert any("buyer's country is not stated" in note for note in notes)


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("Friedrichstraße 1, 10117 Berlin, Germany", "DE"),
        ("1 Main Street, Springfield, UNITED STATES.", "US"),
        ("印度尼西亚雅加达一号", "ID"),
        ("Türkiye, İstanbul", "TR"),
        ("湖北省武汉市一号", "CN"),
        ("1 Germany Road, Wuhan", "CN"),
        ("", "CN"),
    ],
)
def test_ubl_of_buyer_abroad_has_the_country_that_its_address_names(address: str, country: str) -> None:
    ubl = Ubl(make_invoice(buyer={"name": "Example GmbH", "tax_id": "", "address": address}))
    assert ubl.text("//a:AccountingCustomerParty//b:IdentificationCode") == country
    has_note = any("buyer's country is not stated" in note for note in ubl.texts("b:Note"))
    assert has_note == (country == "CN")


def test_ubl_of_red_difference_line_names_the_difference() -> None:
    line = make_line(
        amount="-10480.00", tax="-120.00", tax_rate="0.06", printed_rate="***", quantity=None, unit_price=None
    )
    totals = {"amount": "-10480.00", "tax": "-120.00", "amount_with_tax": "-10600.00"}
    red = {"blue_number": "26422000000000000001", "confirmation_number": ""}
    ubl = Ubl(make_invoice(line, totals=totals | {"amount_with_tax_words": "x"}, red=red))
    assert ubl.texts("a:CreditNoteLine/b:LineExtensionAmount") == ["2000.00", "8480.00"]
    assert "差额征税" in ubl.text("//b:TaxExemptionReason")


def test_ubl_of_wholly_deducted_line_has_no_taxed_part() -> None:
    line = make_line(amount="100.00", tax="0.00", tax_rate="0.06", printed_rate="***", deduction="100.00")
    totals = {"amount": "100.00", "tax": "0.00", "amount_with_tax": "100.00", "amount_with_tax_words": "x"}
    ubl = Ubl(make_invoice(line, totals=totals))
    assert ubl.texts("a:InvoiceLine/b:ID") == ["1"]
    assert ubl.texts("//a:TaxSubtotal/a:TaxCategory/b:ID") == ["E"]


def test_ubl_of_hostile_text_is_literal() -> None:
    lines = [make_line(name) for name in HOSTILE]
    totals = {
        "amount": "5190.00",
        "tax": "674.70",
        "amount_with_tax": "5864.70",
        "amount_with_tax_words": "x",
    }
    ubl = Ubl(make_invoice(*lines, totals=totals))
    assert ubl.texts("//a:Item/b:Name") == HOSTILE


@pytest.mark.parametrize(
    "invoice",
    [
        answered_invoices()["W12"],
        make_invoice(make_line(amount="-1038.00")),
        make_invoice(make_line(nature="discount", amount="-1.00")),
        make_invoice(make_line(), make_line()),
        make_invoice(make_line(tax="999.00")),
    ],
    ids=["tax_far_from_rate", "negative_line", "discount_alone", "totals_no_sums", "tax_too_high"],
)
def test_ubl_of_what_en16931_cannot_say_is_refused_in_two_languages(invoice: dict[str, Any]) -> None:
    with pytest.raises(Inexpressible) as refused:
        render_ubl(invoice)
    assert "EN 16931" in refused.value.reason
    assert "EN 16931" in refused.value.reason_zh


def test_ubl_of_one_invoice_is_the_same_each_time() -> None:
    for name, invoice in summed_invoices().items():
        if name != "W12":
            assert render_ubl(invoice) == render_ubl(invoice)
