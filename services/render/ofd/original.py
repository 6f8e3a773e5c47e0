"""`original_invoice.xml`: the structured data inside an OFD of the tax-control system, as that system names them.

What only its devices can make is left out: MachineNo, TaxControlCode (密码区) and Signature.
"""

from collections.abc import Mapping

from services.render.page.face import head_values
from services.render.structured.invoice import Invoice, Line
from services.render.structured.markup import element

_NAMESPACE = 'xmlns:fp="http://www.edrm.org.cn/schema/e-invoice/2019"'
_NATURES = {"normal": "0", "discount": "1", "discounted": "2"}


def write_original(invoice: Invoice, identity: str) -> str:
    """The root element, which has no namespace; what stands in it has one."""
    values = head_values(invoice)
    totals, red = invoice.totals, invoice.red
    head = {
        "DocID": identity,
        "TypeCode": "1" if red else "0",
        "InvoiceCode": invoice.code,
        "InvoiceNo": invoice.number,
        "IssueDate": values["issue_date"],
        "InvoiceCheckCode": invoice.check_code,
        "GraphCode": invoice.qr_text,
    }
    foot = {
        "TaxInclusiveTotalAmount": totals.amount_with_tax,
        "TaxInclusiveTotalAmountWithWords": totals.amount_with_tax_words,
        "TaxExclusiveTotalAmount": totals.amount,
        "TaxTotalAmount": totals.tax,
        "Note": invoice.lawful_remarks,
        "InvoiceClerk": invoice.drawer,
        "Payee": invoice.payee,
        "Checker": invoice.reviewer,
        "DeductibleAmount": next((line.deduction for line in invoice.lines if line.deduction), None),
        "OriginalInvoiceCode": red.blue_code if red else None,
        "OriginalInvoiceNo": red.blue_number if red else None,
    }
    return (
        f'<eInvoice {_NAMESPACE} Version="1.0">{_elements(head)}{_party("Buyer", values)}'
        f"{_party('Seller', values)}{_elements(foot)}"
        f"<fp:GoodsInfos>{''.join(map(_goods, invoice.lines))}</fp:GoodsInfos></eInvoice>"
    )


def _party(role: str, values: dict[str, str]) -> str:
    prefix = role.lower()
    facts = {
        f"{role}Name": values[f"{prefix}_name"],
        f"{role}TaxID": values[f"{prefix}_tax_id"],
        f"{role}AddrTel": values[f"{prefix}_contact"],
        f"{role}FinancialAccount": values[f"{prefix}_bank"],
    }
    return f"<fp:{role}>{_elements(facts)}</fp:{role}>"


def _goods(line: Line) -> str:
    facts = {
        "LineNo": line.position,
        "LineNature": _NATURES.get(line.nature),
        "Item": line.name,
        "Code": line.tax_class_code,
        "Specification": line.specification,
        "MeasurementDimension": line.unit,
        "Price": line.unit_price,
        "Quantity": line.quantity,
        "Amount": line.amount,
        "TaxScheme": line.printed_rate,
        "TaxAmount": line.printed_tax,
    }
    return f"<fp:GoodsInfo>{_elements(facts)}</fp:GoodsInfo>"


def _elements(values: Mapping[str, str | None]) -> str:
    return "".join([element(f"fp:{name}", value) for name, value in values.items()])
