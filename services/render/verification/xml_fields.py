"""Which field of the invoice a value of one of our XML documents is (EInvoice, UBL, what an OFD says of itself)."""

import re

from services.render.verification.fields import PACKAGE
from services.render.verification.xml_tree import Tree

FORMATS = {"EInvoice": "xml", "eInvoice": "xml", "Invoice": "ubl", "CreditNote": "ubl"}

_PARTY = {
    "IdNum": "tax_id",
    "Name": "name",
    "Addr": "address",
    "TelNum": "address",
    "BankName": "bank_account",
    "BankAccNum": "bank_account",
}
_LINE = {
    "ItemName": "name",
    "SpecMod": "specification",
    "MeaUnits": "unit",
    "Quantity": "quantity",
    "UnPrice": "unit_price",
    "Amount": "amount",
    "TaxRate": "tax_rate",
    "ComTaxAm": "tax",
    "TotaltaxIncludedAmount": "amount_with_tax",
    "TaxClassificationCode": "tax_class_code",
}
_NAMES = {
    "EIid": "/number",
    "InvoiceNumber": "/number",
    "InvoiceNo": "/number",
    "InvoiceCode": "/code",
    "IssueTime": "/issue_date",
    "RequestTime": "/issue_date",
    "IssueDate": "/issue_date",
    "InvoiceCheckCode": "/check_code",
    "CheckCode": "/check_code",
    "GeneralOrSpecialVAT": "/kind",
    "TypeCode": "/kind",
    "TotalAmWithoutTax": "/totals/amount",
    "TotalTaxAm": "/totals/tax",
    "TotalTax-includedAmount": "/totals/amount_with_tax",
    "TotalTax-includedAmountInChinese": "/totals/amount_with_tax_words",
    "Drawer": "/drawer",
    "Payee": "/payee",
    "Reviewer": "/reviewer",
    "Remark": "/remarks",
    "发票代码": "/code",
    "发票号码": "/number",
    "开票日期": "/issue_date",
    "合计金额": "/totals/amount",
    "合计税额": "/totals/tax",
    "购买方纳税人识别号": "/buyer/tax_id",
    "销售方纳税人识别号": "/seller/tax_id",
}
_WITHIN = (
    ("RedEInvoice", "/red"),
    ("SpecificInformation", "/special_business"),
    ("AdditionalInformation", "/remarks"),
)
_UBL = (
    (r"AccountingSupplierParty/.*(RegistrationName|PartyName/Name)", "/seller/name"),
    (r"AccountingSupplierParty/.*(CompanyID|EndpointID)", "/seller/tax_id"),
    (r"AccountingSupplierParty/", "/seller/address"),
    (r"AccountingCustomerParty/.*(RegistrationName|PartyName/Name)", "/buyer/name"),
    (r"AccountingCustomerParty/.*(CompanyID|EndpointID)", "/buyer/tax_id"),
    (r"AccountingCustomerParty/", "/buyer/address"),
    (r"(TaxInclusiveAmount|PayableAmount)$", "/totals/amount_with_tax"),
    (r"LegalMonetaryTotal/", "/totals/amount"),
    (r"^/\w+/TaxTotal/TaxAmount$", "/totals/tax"),
    (r"^/\w+/ID$", "/number"),
    (r"^/\w+/IssueDate$", "/issue_date"),
    (r"^/\w+/Note$", "/remarks"),
)
_UBL_LINE = re.compile(r"/(?:Invoice|CreditNote)Line(?:\[(\d+)\])?/(.*)")
_UBL_LINE_FIELDS = (
    ("Quantity", "quantity"),
    ("LineExtensionAmount", "amount"),
    ("PriceAmount", "unit_price"),
    ("Percent", "tax_rate"),
    ("Item/Name", "name"),
)
_PLACE = re.compile(r"\[\d+\]")
_ITEM = re.compile(r"/(?:IssuItemInformation|GoodsInfo)(?:\[(\d+)\])?/")


def differing_values(mine: Tree, theirs: Tree) -> list[str]:
    """Pointers of the fields whose values are not the same; the trees have the same kind of root."""
    before, after = mine.values, theirs.values
    paths = [path for path in dict.fromkeys([*before, *after]) if before.get(path) != after.get(path)]
    return list(dict.fromkeys(point_at(path) for path in paths))


def point_at(path: str) -> str:
    """The pointer of the field that a path in a document of ours leads to."""
    if _PLACE.sub("", path).startswith(("/Invoice/", "/CreditNote/")):
        return _point_at_ubl(path)
    parts = _PLACE.sub("", path).split("/")
    if line := _ITEM.search(path):
        return f"/lines/{int(line[1] or 1) - 1}/{_LINE.get(parts[-1], 'name')}"
    for party in ("Seller", "Buyer"):
        if f"{party}Information" in parts:
            return f"/{party.lower()}/{_PARTY.get(parts[-1].removeprefix(party), 'name')}"
    found = next((_NAMES[part] for part in reversed(parts) if part in _NAMES), None)
    return found or next((pointer for name, pointer in _WITHIN if name in parts), PACKAGE)


def _point_at_ubl(path: str) -> str:
    if line := _UBL_LINE.search(path):
        plain = _PLACE.sub("", line[2])
        field = next((field for name, field in _UBL_LINE_FIELDS if name in plain), "name")
        return f"/lines/{int(line[1] or 1) - 1}/{field}"
    plain = _PLACE.sub("", path)
    return next((pointer for pattern, pointer in _UBL if re.search(pattern, plain)), PACKAGE)


def find_numbers(tree: Tree) -> list[tuple[str, str]]:
    """Invoice code (perhaps none) and number, as often as the document names its own."""
    values = {_PLACE.sub("", path): value for path, value in tree.values.items()}
    code = next((value for path, value in values.items() if path.endswith("/InvoiceCode")), "")
    names = ("/EIid", "/TaxSupervisionInfo/InvoiceNumber", "/InvoiceNo")
    numbers = [value for path, value in values.items() if path.endswith(names)]
    if FORMATS.get(tree.root) == "ubl":
        numbers = [values.get(f"/{tree.root}/ID", "")]
    return [(code if len(number) == 8 else "", number) for number in numbers if number]
