"""The EInvoice: the XML of a digital invoice, in the form of the bureau's public samples (version 0.31).

It carries no TaxBureauSignature, which only the bureau can make. Facts without a published element are `Additional`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from libs.common.contracts.special_business import PassengerTransportDocument
from services.render.page.business import business_name, business_rows
from services.render.structured.additional import list_additional
from services.render.structured.codes import BUSINESSES, MARKS, find_bureau, find_kind
from services.render.structured.invoice import Invoice, Line, Party, read_invoice, whole_number
from services.render.structured.markup import element, encode_document, escape
from services.render.structured.pointers import JOURNEY

VERSION = "0.31"


def render_xml(document: Mapping[str, Any] | msgspec.Struct) -> bytes:
    """The same bytes for the same invoice; raises Undrawable, msgspec.ValidationError."""
    invoice = read_invoice(document)
    return encode_document(
        f"<EInvoice>{_header(invoice)}"
        f"<EInvoiceData>{''.join(_content(invoice))}</EInvoiceData>"
        "<SellerAuthentication><AuthenticationMethods>01</AuthenticationMethods></SellerAuthentication>"
        f"{_supervision(invoice)}</EInvoice>"
    )


def printed_or_decimal_rate(line: Line) -> str:
    """The rate as a decimal, or the words or asterisks that stand in its place."""
    return line.tax_rate if line.printed_rate.endswith("%") else line.printed_rate


def _header(invoice: Invoice) -> str:
    kind = find_kind(invoice.kind)
    bureau = find_bureau(invoice.number, invoice.code)
    vat = ("01", "增值税专用发票") if kind.is_special else ("02", "普通发票")
    return (
        f"<Header><EIid>{escape(whole_number(invoice.number, invoice.code))}</EIid>"
        f"{element('EInvoiceTag', f'SWEI{bureau.region}' if bureau else '')}"
        f"<Version>{VERSION}</Version><InherentLabel>"
        f"{_label('InIssuType', 'N' if invoice.red else 'Y', '是否蓝字发票标志')}"
        f"{_label('EInvoiceType', '01', '电子发票') if kind.is_electronic else ''}"
        f"{_label('GeneralOrSpecialVAT', *vat)}</InherentLabel>"
        f"<UndefinedLabel>{''.join(_undefined_labels(invoice))}</UndefinedLabel></Header>"
    )


def _label(name: str, code: str, meaning: str, kind: str = "") -> str:
    return (
        f"<{name}>{element('LabelType', kind)}<LabelCode>{code}</LabelCode>"
        f"<LabelName>{meaning}</LabelName></{name}>"
    )


def _undefined_labels(invoice: Invoice) -> Iterator[str]:
    kind = find_kind(invoice.kind)
    yield _label("Label", kind.code, kind.name, "发票种类标签")
    yield _label("Label", "Y", "非税务机关开具", "样票标签")
    if invoice.mark:
        label, meaning, _ = MARKS[invoice.mark]
        yield _label("Label", "Y", meaning, label)
    if any(line.deduction for line in invoice.lines):
        yield _label("Label", "02", "差额开票", "特定征税方式标签")
    if name := business_name(invoice.special_business):
        yield _label("Label", *BUSINESSES[name], "特定业务标签")


def _content(invoice: Invoice) -> Iterator[str]:
    totals = invoice.totals
    yield _party("Seller", invoice.seller)
    yield _party("Buyer", invoice.buyer)
    yield (
        f"<BasicInformation><TotalAmWithoutTax>{totals.amount}</TotalAmWithoutTax>"
        f"<TotalTaxAm>{totals.tax}</TotalTaxAm>"
        f"<TotalTax-includedAmount>{totals.amount_with_tax}</TotalTax-includedAmount>"
        f"{element('TotalTax-includedAmountInChinese', totals.amount_with_tax_words)}"
        f"{element('Drawer', invoice.drawer)}"
        f"<RequestTime>{invoice.local_time}</RequestTime></BasicInformation>"
    )
    yield from map(_line, invoice.lines)
    yield _specific(invoice)
    yield _additional(invoice)


def _party(role: str, party: Party) -> str:
    return (
        f"<{role}Information>{element(f'{role}IdNum', party.tax_id)}{element(f'{role}Name', party.name)}"
        f"{element(f'{role}Addr', party.address)}{element(f'{role}TelNum', party.phone)}"
        f"{element(f'{role}BankName', party.bank_name)}{element(f'{role}BankAccNum', party.bank_account)}"
        f"</{role}Information>"
    )


def _line(line: Line) -> str:
    return (
        f"<IssuItemInformation><ItemName>{escape(line.name)}</ItemName>"
        f"{element('SpecMod', line.specification)}{element('MeaUnits', line.unit)}"
        f"{element('Quantity', line.quantity)}{element('UnPrice', line.unit_price)}"
        f"<Amount>{line.amount}</Amount><TaxRate>{printed_or_decimal_rate(line)}</TaxRate>"
        f"<ComTaxAm>{line.tax}</ComTaxAm>"
        f"<TotaltaxIncludedAmount>{line.amount_with_tax}</TotaltaxIncludedAmount>"
        f"{element('TaxClassificationCode', line.tax_class_code)}</IssuItemInformation>"
    )


def _specific(invoice: Invoice) -> str:
    red, business = invoice.red, invoice.special_business
    blocks = []
    if red:
        blue = escape(whole_number(red.blue_number, red.blue_code))
        form = element("CreditNoteNumber", red.confirmation_number)
        blocks.append(f"<RedEInvoice><OriginalInvoiceCode>{blue}</OriginalInvoiceCode>{form}</RedEInvoice>")
    if isinstance(business, PassengerTransportDocument):
        for row in business_rows(business):
            journey = "".join(element(name, row[column]) for name, column in JOURNEY.items())
            blocks.append(f"<PassengerTransportation>{journey}</PassengerTransportation>")
    return f"<SpecificInformation>{''.join(blocks)}</SpecificInformation>" if blocks else ""


def _additional(invoice: Invoice) -> str:
    facts = "".join(
        f"<Additional><Information>{name}</Information>"
        f"<InformationValue>{escape(value)}</InformationValue></Additional>"
        for name, value in list_additional(invoice)
    )
    content = element("Remark", invoice.lawful_remarks) + facts
    return f"<AdditionalInformation>{content}</AdditionalInformation>" if content else ""


def _supervision(invoice: Invoice) -> str:
    bureau = find_bureau(invoice.number, invoice.code)
    who = (
        f"<TaxBureauCode>1{bureau.region}000000</TaxBureauCode><TaxBureauName>{bureau.name}</TaxBureauName>"
        if bureau
        else ""
    )
    return (
        f"<TaxSupervisionInfo><InvoiceNumber>{escape(invoice.number)}</InvoiceNumber>"
        f"<IssueTime>{invoice.issue_date}</IssueTime>{who}</TaxSupervisionInfo>"
    )
