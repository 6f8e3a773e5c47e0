"""Custom tags (GB/T 33190-2016 chapter 16): which objects of the pages show which field of the invoice.

The names are those that the authority's files use and that readers of invoices look for.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from services.render.ofd.markup import FOLDER, NAMESPACE, write_part

TAG_LIST = write_part(
    f"{FOLDER}/Tags/CustomTags.xml",
    f'<ofd:CustomTags {NAMESPACE}><ofd:CustomTag TypeID="0"><ofd:FileLoc>CustomTag.xml</ofd:FileLoc>'
    "</ofd:CustomTag></ofd:CustomTags>",
)

_HEAD = {
    "code": "InvoiceCode",
    "number": "InvoiceNo",
    "issue_date": "IssueDate",
    "check_code": "InvoiceCheckCode",
}
_BUYER = {
    "buyer_name": "BuyerName",
    "buyer_tax_id": "BuyerTaxID",
    "buyer_contact": "BuyerAddrTel",
    "buyer_bank": "BuyerFinancialAccount",
}
_SELLER = {
    "seller_name": "SellerName",
    "seller_tax_id": "SellerTaxID",
    "seller_contact": "SellerAddrTel",
    "seller_bank": "SellerFinancialAccount",
}
_FOOT = {
    "total_amount": "TaxExclusiveTotalAmount",
    "total_tax": "TaxTotalAmount",
    "amount_with_tax": "TaxInclusiveTotalAmount",
    "remarks": "Note",
    "drawer": "InvoiceClerk",
    "payee": "Payee",
    "reviewer": "Checker",
}
_LINE = {
    "name": "Item",
    "specification": "Specification",
    "unit": "MeasurementDimension",
    "quantity": "Quantity",
    "unit_price": "Price",
    "amount": "Amount",
    "printed_rate": "TaxScheme",
    "printed_tax": "TaxAmount",
}


class Reference(NamedTuple):
    """An object on a page that shows a row of a field's value; `line` is 0 outside the item table."""

    name: str
    line: int
    page: int
    object: int


def write_tags(references: Iterable[Reference]) -> str:
    """The tags of a document; of what every page repeats, the first page counts."""
    fields: dict[str, list[Reference]] = {}
    lines: list[dict[str, list[Reference]]] = []
    last = Reference("", 0, 0, 0)
    for one in references:
        if not one.line:
            rows = fields.setdefault(one.name, [])
            if not rows or rows[0].page == one.page:
                rows.append(one)
        else:
            if one.line != last.line or (one.name == "name" != last.name and "name" in lines[-1]):
                lines.append({})
            lines[-1].setdefault(one.name, []).append(one)
        last = one
    goods = "".join([f"<ofd:GoodsInfo>{_group(_LINE, line)}</ofd:GoodsInfo>" for line in lines])
    return (
        f"<ofd:eInvoice {NAMESPACE}>{_group(_HEAD, fields)}<ofd:Buyer>{_group(_BUYER, fields)}</ofd:Buyer>"
        f"<ofd:Seller>{_group(_SELLER, fields)}</ofd:Seller>{_group(_FOOT, fields)}"
        f"<ofd:GoodsInfos>{goods}</ofd:GoodsInfos></ofd:eInvoice>"
    )


def _group(names: Mapping[str, str], found: Mapping[str, list[Reference]]) -> str:
    """The elements of those fields that stand on a page."""
    return "".join(
        [
            f"<ofd:{element}>{''.join(map(_refer, found[name]))}</ofd:{element}>"
            for name, element in names.items()
            if name in found
        ]
    )


def _refer(one: Reference) -> str:
    return f'<ofd:ObjectRef PageRef="{one.page}">{one.object}</ofd:ObjectRef>'
