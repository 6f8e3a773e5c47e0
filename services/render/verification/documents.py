"""Structured documents from strangers as values by the pointers of their fields. Pure.

The EInvoice, UBL, JSON, and the original data inside an OFD of the tax-control system.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from libs.common.problems import Problem, json_pointer
from libs.common.strict_json import parse_json
from services.render.structured.pointers import name_fields
from services.render.verification.unreadable import Unreadable
from services.render.verification.xml_tree import read_tree, refuse_doctype

Format: TypeAlias = Literal["pdf", "ofd", "xml", "ubl", "json", "original"]

FORMATS: Mapping[str, Format] = {"EInvoice": "xml", "Invoice": "ubl", "CreditNote": "ubl"}
ORIGINAL = "eInvoice"
_WHOLE_NUMBER = "/EInvoice/Header/EIid"

# Of UBL by parts of the path, the first that fits; lines come before.
_UBL = (
    (r"/AccountingSupplierParty/.*(RegistrationName|PartyName/Name)$", "/seller/name"),
    (r"/AccountingSupplierParty/.*(CompanyID|EndpointID)$", "/seller/tax_id"),
    (r"/AccountingSupplierParty/", "/seller/address"),
    (r"/AccountingCustomerParty/.*(RegistrationName|PartyName/Name)$", "/buyer/name"),
    (r"/AccountingCustomerParty/.*(CompanyID|EndpointID)$", "/buyer/tax_id"),
    (r"/AccountingCustomerParty/", "/buyer/address"),
    (r"/(TaxInclusiveAmount|PayableAmount)$", "/totals/amount_with_tax"),
    (r"/LegalMonetaryTotal/", "/totals/amount"),
    (r"^/\w+/TaxTotal/TaxAmount$", "/totals/tax"),
    (r"^/\w+/ID$", "/number"),
    (r"^/\w+/IssueDate$", "/issue_date"),
    (r"^/\w+/Note$", "/remarks"),
)
# Of what an OFD of the tax-control system holds, by the elements' own names.
_ORIGINAL = {
    "InvoiceCode": "/code",
    "InvoiceNo": "/number",
    "IssueDate": "/issue_date",
    "InvoiceCheckCode": "/check_code",
    "BuyerName": "/buyer/name",
    "BuyerTaxID": "/buyer/tax_id",
    "BuyerAddrTel": "/buyer/address",
    "BuyerFinancialAccount": "/buyer/bank_account",
    "SellerName": "/seller/name",
    "SellerTaxID": "/seller/tax_id",
    "SellerAddrTel": "/seller/address",
    "SellerFinancialAccount": "/seller/bank_account",
    "TaxInclusiveTotalAmount": "/totals/amount_with_tax",
    "TaxInclusiveTotalAmountWithWords": "/totals/amount_with_tax_words",
    "TaxExclusiveTotalAmount": "/totals/amount",
    "TaxTotalAmount": "/totals/tax",
    "Note": "/remarks",
    "InvoiceClerk": "/drawer",
    "Payee": "/payee",
    "Checker": "/reviewer",
    "OriginalInvoiceCode": "/red/blue_code",
    "OriginalInvoiceNo": "/red/blue_number",
}
_GOODS = {
    "Item": "name",
    "Code": "tax_class_code",
    "Specification": "specification",
    "MeasurementDimension": "unit",
    "Price": "unit_price",
    "Quantity": "quantity",
    "Amount": "amount",
    "TaxScheme": "tax_rate",
    "TaxAmount": "tax",
}
_GOODS_LINE = re.compile(r".*/GoodsInfo(?:\[(\d+)\])?/(\w+)")
_UBL_LINE = re.compile(r"/\w+/(?:Invoice|CreditNote)Line(?:\[(\d+)\])?/(.*)")
_UBL_COLUMNS = (
    ("Quantity", "quantity"),
    ("LineExtensionAmount", "amount"),
    ("PriceAmount", "unit_price"),
    ("Percent", "tax_rate"),
    ("Item/Name", "name"),
)
_PLACE = re.compile(r"\[\d+\]")


class Document(NamedTuple):
    """`values` by pointers, or by paths where there is no such field."""

    format: Format
    values: Mapping[str, str]


def read_document(content: bytes) -> Document:
    """Raises Unreadable."""
    if content[:1] == b"{":
        return Document("json", _read_json(content))
    refuse_doctype(content)
    tree = read_tree(content)
    if tree.root == ORIGINAL:
        return Document("original", tree.values)
    if tree.root not in FORMATS:
        raise Unreadable("The XML is not an invoice of a known form.", "该 XML 不是已知格式的发票。")
    if FORMATS[tree.root] == "ubl":
        return Document("ubl", tree.values)
    return Document("xml", name_fields(_without_empty(tree.values)))


def _without_empty(values: Mapping[str, str]) -> dict[str, str]:
    """Paths without the slash before them; an EInvoice means the same with an empty element as without it."""
    return {path[1:]: value for path, value in values.items() if value.strip() or "/@" in path}


def _read_json(content: bytes) -> dict[str, str]:
    try:
        return dict(_flatten("", parse_json(content)))
    except Problem as error:
        raise Unreadable(error.detail, error.detail_zh) from None


def _flatten(pointer: str, value: Any) -> Iterator[tuple[str, str]]:
    """Every value by its pointer, nothing as an empty text; `parse_json` has bounded the depth."""
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _flatten(f"{pointer}{json_pointer([key])}", item)
    else:
        yield pointer, value if isinstance(value, str) else "" if value is None else json.dumps(value)


def differing_values(mine: Document, theirs: Document) -> list[str]:
    """Pointers of the fields whose values are not the same."""
    before, after = mine.values, theirs.values
    paths = [path for path in dict.fromkeys([*before, *after]) if before.get(path) != after.get(path)]
    return list(dict.fromkeys(_point_at(path) for path in paths))


def _point_at(path: str) -> str:
    plain = _PLACE.sub("", path)
    if path == _WHOLE_NUMBER:
        return "/number"
    if plain.startswith(f"/{ORIGINAL}/"):
        return _point_at_original(path)
    if not plain.startswith(("/Invoice/", "/CreditNote/")):
        return path
    if line := _UBL_LINE.fullmatch(path):
        column = next((column for name, column in _UBL_COLUMNS if name in _PLACE.sub("", line[2])), "name")
        return f"/lines/{int(line[1] or 1) - 1}/{column}"
    return next((pointer for pattern, pointer in _UBL if re.search(pattern, plain)), path)


def _point_at_original(path: str) -> str:
    if line := _GOODS_LINE.fullmatch(path):
        return f"/lines/{int(line[1] or 1) - 1}/{_GOODS.get(line[2], 'name')}"
    return _ORIGINAL.get(path.rpartition("/")[2], path)


def find_numbers(document: Document) -> list[tuple[str, str]]:
    """Invoice code (perhaps none) and number, as often as the document names its own."""
    values = document.values
    code = values.get("/code", values.get(f"/{ORIGINAL}/InvoiceCode", ""))
    names = ("/number", _WHOLE_NUMBER, "/Invoice/ID", "/CreditNote/ID", f"/{ORIGINAL}/InvoiceNo")
    numbers = [values[name] for name in names if name in values]
    return [pair for number in numbers for pair in split_number(number, code)]


def split_number(number: str, code: str = "") -> list[tuple[str, str]]:
    """Code and number; of 18 and 20 digits the first may be the code of a number of eight."""
    if len(number) == 8:
        return [(code, number)]
    return [("", number), *([(number[:-8], number[-8:])] if len(number) in {18, 20} else [])]
