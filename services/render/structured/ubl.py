"""The invoice for buyers abroad: EN 16931 in UBL 2.1, a red one as a credit note.

What EN 16931 has no place for stands in notes (BT-22); what it cannot say at all is refused (Inexpressible).
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from libs.common.money import plain
from services.render.structured.invoice import Invoice, Party, read_invoice, whole_number
from services.render.structured.markup import element, encode_document, escape
from services.render.structured.ubl_lines import Category, TaxGroup, UblLine, group_taxes, list_lines
from services.render.structured.ubl_notes import buyer_country, list_notes
from services.render.structured.ubl_units import PIECE, find_unit

_SCHEMA = "urn:oasis:names:specification:ubl:schema:xsd"
_NAMESPACES = (
    f'xmlns:cac="{_SCHEMA}:CommonAggregateComponents-2" xmlns:cbc="{_SCHEMA}:CommonBasicComponents-2"'
)
_TERMS = "发票未载明付款条件 Not stated on the invoice"


def render_ubl(document: Mapping[str, Any]) -> bytes:
    """The same bytes for the same invoice; raises Undrawable, msgspec.ValidationError."""
    invoice = read_invoice(document)
    root = "CreditNote" if invoice.red else "Invoice"
    lines = list_lines(invoice)
    body = "".join(
        [
            *_head(invoice, root),
            _supplier(invoice.seller),
            _customer(invoice.buyer),
            "" if invoice.red else _payment(invoice.seller),
            _taxes(group_taxes(lines)),
            _totals(lines),
            *(_line(line, root) for line in lines),
        ]
    )
    return encode_document(f'<{root} xmlns="{_SCHEMA}:{root}-2" {_NAMESPACES}>{body}</{root}>')


def _head(invoice: Invoice, root: str) -> Iterator[str]:
    yield "<cbc:CustomizationID>urn:cen.eu:en16931:2017</cbc:CustomizationID>"
    yield element("cbc:ID", whole_number(invoice.number, invoice.code))
    yield f"<cbc:IssueDate>{invoice.issue_date}</cbc:IssueDate>"
    yield f"<cbc:{root}TypeCode>{'381' if invoice.red else '380'}</cbc:{root}TypeCode>"
    yield from (element("cbc:Note", note) for note in list_notes(invoice))
    yield "<cbc:DocumentCurrencyCode>CNY</cbc:DocumentCurrencyCode>"
    if invoice.red:
        blue = element("cbc:ID", whole_number(invoice.red.blue_number, invoice.red.blue_code))
        yield (
            f"<cac:BillingReference><cac:InvoiceDocumentReference>{blue}"
            "</cac:InvoiceDocumentReference></cac:BillingReference>"
        )


def _supplier(seller: Party) -> str:
    """BT-32 is the 纳税人识别号, BT-30 the 统一社会信用代码: one number since 2015."""
    scheme = (
        f"<cac:PartyTaxScheme>{element('cbc:CompanyID', seller.tax_id)}"
        "<cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
    )
    return f"<cac:AccountingSupplierParty>{_party(seller, 'CN', scheme)}</cac:AccountingSupplierParty>"


def _customer(buyer: Party) -> str:
    """BT-55 must be there, and no invoice states it: the address may, else it is where the invoice counts."""
    country = buyer_country(buyer) or "CN"
    return f"<cac:AccountingCustomerParty>{_party(buyer, country)}</cac:AccountingCustomerParty>"


def _party(party: Party, country: str, scheme: str = "") -> str:
    telephone = element("cbc:Telephone", party.phone)
    return (
        f"<cac:Party><cac:PostalAddress>{element('cbc:StreetName', party.address)}"
        f"<cac:Country><cbc:IdentificationCode>{country}</cbc:IdentificationCode></cac:Country>"
        f"</cac:PostalAddress>"
        f"{scheme}<cac:PartyLegalEntity>{element('cbc:RegistrationName', party.name)}"
        f"{element('cbc:CompanyID', party.tax_id)}</cac:PartyLegalEntity>"
        f"{f'<cac:Contact>{telephone}</cac:Contact>' if telephone else ''}</cac:Party>"
    )


def _payment(seller: Party) -> str:
    """Where to pay, if the invoice says so; 30 is a credit transfer (UNTDID 4461). BR-CO-25 wants terms."""
    terms = f"<cac:PaymentTerms><cbc:Note>{_TERMS}</cbc:Note></cac:PaymentTerms>"
    if not seller.bank_account:
        return terms
    account = f"{element('cbc:ID', seller.bank_account)}{element('cbc:Name', seller.name)}"
    return (
        "<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>"
        f"<cac:PayeeFinancialAccount>{account}</cac:PayeeFinancialAccount></cac:PaymentMeans>{terms}"
    )


def _taxes(groups: Sequence[TaxGroup]) -> str:
    total = _amount("TaxAmount", sum((group.tax for group in groups), Decimal("0.00")))
    rows = "".join(
        f"<cac:TaxSubtotal>{_amount('TaxableAmount', group.net)}{_amount('TaxAmount', group.tax)}"
        f"<cac:TaxCategory>{_category(group.category, group.percent)}"
        f"{element('cbc:TaxExemptionReason', group.reason)}{_VAT}</cac:TaxCategory></cac:TaxSubtotal>"
        for group in groups
    )
    return f"<cac:TaxTotal>{total}{rows}</cac:TaxTotal>"


_VAT = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"


def _category(category: Category, percent: Decimal) -> str:
    rate = "" if category is Category.OUTSIDE else f"<cbc:Percent>{plain(percent):f}</cbc:Percent>"
    return f"<cbc:ID>{category}</cbc:ID>{rate}"


def _totals(lines: Sequence[UblLine]) -> str:
    net = sum((line.net for line in lines), Decimal("0.00"))
    gross = net + sum((line.tax for line in lines), Decimal("0.00"))
    return (
        f"<cac:LegalMonetaryTotal>{_amount('LineExtensionAmount', net)}{_amount('TaxExclusiveAmount', net)}"
        f"{_amount('TaxInclusiveAmount', gross)}{_amount('PayableAmount', gross)}</cac:LegalMonetaryTotal>"
    )


def _line(line: UblLine, root: str) -> str:
    tag, quantity = (
        ("CreditNoteLine", "CreditedQuantity")
        if root == "CreditNote"
        else ("InvoiceLine", "InvoicedQuantity")
    )
    unit = find_unit(line.line.unit) if line.line.quantity else PIECE
    return (
        f"<cac:{tag}><cbc:ID>{line.id}</cbc:ID>"
        f'<cbc:{quantity} unitCode="{unit}">{line.quantity:f}</cbc:{quantity}>'
        f"{_amount('LineExtensionAmount', line.net)}{_allowance(line.discount)}{_item(line)}"
        f"<cac:Price>{_amount('PriceAmount', line.price)}</cac:Price></cac:{tag}>"
    )


def _allowance(discount: Decimal) -> str:
    if not discount:
        return ""
    return (
        "<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>"
        "<cbc:AllowanceChargeReason>折扣 Discount</cbc:AllowanceChargeReason>"
        f"{_amount('Amount', discount)}</cac:AllowanceCharge>"
    )


def _item(line: UblLine) -> str:
    """The 税收分类编码 by a list that is mutually defined (ZZZ in UNTDID 7143)."""
    said = line.line
    code = (
        '<cac:CommodityClassification><cbc:ItemClassificationCode listID="ZZZ">'
        f"{escape(said.tax_class_code)}</cbc:ItemClassificationCode></cac:CommodityClassification>"
        if said.tax_class_code
        else ""
    )
    return (
        f"<cac:Item>{element('cbc:Name', said.name)}{code}<cac:ClassifiedTaxCategory>"
        f"{_category(line.category, line.percent)}{_VAT}</cac:ClassifiedTaxCategory>"
        f"{_property('规格型号', said.specification)}{_property('单位', said.unit)}</cac:Item>"
    )


def _property(name: str, value: str | None) -> str:
    if not value:
        return ""
    return (
        f"<cac:AdditionalItemProperty><cbc:Name>{name}</cbc:Name>{element('cbc:Value', value)}"
        "</cac:AdditionalItemProperty>"
    )


def _amount(name: str, value: Decimal) -> str:
    return f'<cbc:{name} currencyID="CNY">{value:f}</cbc:{name}>'
