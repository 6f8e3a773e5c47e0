"""Which field of the public answer a value of the EInvoice is: paths of elements become JSON pointers."""

import re
from collections.abc import Mapping

_PARTY = {
    "IdNum": "tax_id",
    "Name": "name",
    "Addr": "address",
    "TelNum": "phone",
    "BankName": "bank_name",
    "BankAccNum": "bank_account",
}
_FIELDS = {
    **{
        f"EInvoice/EInvoiceData/{role}Information/{role}{name}": f"/{role.lower()}/{field}"
        for role in ("Seller", "Buyer")
        for name, field in _PARTY.items()
    },
    "EInvoice/EInvoiceData/BasicInformation/TotalAmWithoutTax": "/totals/amount",
    "EInvoice/EInvoiceData/BasicInformation/TotalTaxAm": "/totals/tax",
    "EInvoice/EInvoiceData/BasicInformation/TotalTax-includedAmount": "/totals/amount_with_tax",
    "EInvoice/EInvoiceData/BasicInformation/TotalTax-includedAmountInChinese": "/totals/amount_with_tax_words",
    "EInvoice/EInvoiceData/BasicInformation/Drawer": "/drawer",
    "EInvoice/EInvoiceData/BasicInformation/RequestTime": "/issued_at",
    "EInvoice/EInvoiceData/SpecificInformation/RedEInvoice/OriginalInvoiceCode": "/red/blue_number",
    "EInvoice/EInvoiceData/SpecificInformation/RedEInvoice/CreditNoteNumber": "/red/confirmation_number",
    "EInvoice/EInvoiceData/AdditionalInformation/Remark": "/remarks",
    "EInvoice/TaxSupervisionInfo/InvoiceNumber": "/number",
    "EInvoice/TaxSupervisionInfo/IssueTime": "/issue_date",
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
# Columns of a journey's row by their elements.
JOURNEY = {
    "Departure": "origin",
    "Destination": "destination",
    "Traveler": "traveller",
    "ValidIDNumber": "document_number",
    "TravelDate": "travel_date",
    "Grade": "seat_class",
    "TypeOfPassengerDocument": "document_type",
    "Vehicletype": "transport",
}
_TABLES = {
    "EInvoice/EInvoiceData/IssuItemInformation": ("/lines", _LINE),
    "EInvoice/EInvoiceData/SpecificInformation/PassengerTransportation": ("/special_business/rows", JOURNEY),
}
# A value whose sibling says what it is, and under which pointer such values are told.
_NAMED = {
    "EInvoice/EInvoiceData/AdditionalInformation/Additional": ("Information", "InformationValue"),
    "EInvoice/Header/UndefinedLabel/Label": ("LabelType", "LabelCode"),
}
_ADDITIONAL = {
    "发票代码": "/code",
    "校验码": "/check_code",
    "收款人": "/payee",
    "复核人": "/reviewer",
    "购买方自然人标志": "/buyer/is_individual",
    "发票种类标签": "/kind",
    "作废标签": "/mark",
    "试算标签": "/mark",
    "建筑服务发生地": "/special_business/place",
    "建筑项目名称": "/special_business/project_name",
    "跨地（市）标志": "/special_business/is_cross_city",
    "跨区域涉税事项报验管理编号": "/special_business/management_number",
    "土地增值税项目编号": "/special_business/land_tax_project_number",
    "不动产地址": "/special_business/address",
    "产权证书号": "/special_business/title_number",
    "面积单位": "/special_business/area_unit",
    "不动产单元代码/网签合同备案编号": "/special_business/unit_code",
    "核定计税价格": "/special_business/assessed_price",
    "实际成交含税金额": "/special_business/actual_price",
    "租赁期起止": "/special_business/lease_from",
    "车牌号": "/special_business/license_plate",
}
_ADDITIONAL_ROWS = {
    "明细": (
        "/lines",
        {
            "优惠政策标识": "policy",
            "零税率标识": "zero_rate",
            "扣除额": "deduction",
            "对应蓝字明细序号": "blue_line_no",
        },
    ),
    "货物运输": (
        "/special_business/rows",
        {
            "运输工具种类": "transport",
            "运输工具牌号": "vehicle_number",
            "起运地": "origin",
            "到达地": "destination",
            "运输货物名称": "goods",
        },
    ),
    "共同购买方": (
        "/special_business/co_buyers",
        {"共同购买方": "name", "证件类型": "document_type", "证件号码": "document_number"},
    ),
}
_ROW_NAME = re.compile(r"(?P<table>\D+)(?P<number>[1-9][0-9]{0,4})\.(?P<column>.+)")
_NUMBERED = re.compile(r"(?P<element>.+?)(?:\[(?P<number>[0-9]+)\])?")


def name_fields(values: Mapping[str, str]) -> dict[str, str]:
    """Values by the pointers of their fields; a path that is no field stays, after a slash."""
    fields: dict[str, str] = {}
    for path, value in values.items():
        if _is_name(path, values):
            continue
        pointer = _FIELDS.get(path) or _point_row(path) or _point_named(path, values) or f"/{path}"
        fields[pointer if pointer not in fields else f"/{path}"] = value
    return fields


def _point_row(path: str) -> str | None:
    parent, _, leaf = path.rpartition("/")
    element, number = _split_number(parent)
    if element not in _TABLES or leaf not in _TABLES[element][1]:
        return None
    pointer, columns = _TABLES[element]
    return f"{pointer}/{number - 1}/{columns[leaf]}"


def _point_named(path: str, values: Mapping[str, str]) -> str | None:
    """By the name that the element beside it gives."""
    parent, _, leaf = path.rpartition("/")
    element, _number = _split_number(parent)
    if element not in _NAMED or leaf != _NAMED[element][1]:
        return None
    return point_additional(values.get(f"{parent}/{_NAMED[element][0]}", ""))


def _is_name(path: str, values: Mapping[str, str]) -> bool:
    """Whether it only says which field the value beside it is."""
    parent, _, leaf = path.rpartition("/")
    element, _number = _split_number(parent)
    if element not in _NAMED or leaf != _NAMED[element][0]:
        return False
    return f"{parent}/{_NAMED[element][1]}" in values and point_additional(values[path]) is not None


def point_additional(name: str) -> str | None:
    """The field of an additional fact by its name, as `additional.py` gives it."""
    if name in _ADDITIONAL:
        return _ADDITIONAL[name]
    match = _ROW_NAME.fullmatch(name)
    if match is None or match["table"] not in _ADDITIONAL_ROWS:
        return None
    pointer, columns = _ADDITIONAL_ROWS[match["table"]]
    column = columns.get(match["column"])
    return f"{pointer}/{int(match['number']) - 1}/{column}" if column else None


def _split_number(path: str) -> tuple[str, int]:
    match = _NUMBERED.fullmatch(path)
    return (match["element"], int(match["number"] or 1)) if match else (path, 1)
