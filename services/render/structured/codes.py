"""Words and codes that the structured documents take from the authority's lists."""

from typing import NamedTuple

from services.render.page.errors import UnsupportedKind


class Kind(NamedTuple):
    """A kind of invoice in the bureau's list; `is_electronic` where no paper carries it."""

    code: str
    name: str
    is_special: bool
    is_electronic: bool = True


KINDS = {
    "digital_special": Kind("81", "电子发票（增值税专用发票）", is_special=True),
    "digital_ordinary": Kind("82", "电子发票（普通发票）", is_special=False),
    "paper_special": Kind("01", "增值税专用发票", is_special=True, is_electronic=False),
    "paper_ordinary": Kind("04", "增值税普通发票", is_special=False, is_electronic=False),
    "tax_control_special": Kind("08", "增值税电子专用发票", is_special=True),
    "tax_control_ordinary": Kind("10", "增值税电子普通发票", is_special=False),
}

# 优惠政策标识 yhzcbs.
POLICIES = {
    "simplified": "简易征收",
    "rare_earth": "稀土产品",
    "exempt": "免税",
    "not_taxable": "不征税",
    "refund_after_levy": "先征后退",
    "full_refund_after_levy": "100%先征后退",
    "half_refund_after_levy": "50%先征后退",
    "simplified_3": "按3%简易征收",
    "simplified_5": "按5%简易征收",
    "simplified_5_reduced_1_5": "按5%简易征收减按1.5%计征",
    "refund_30": "即征即退30%",
    "refund_50": "即征即退50%",
    "refund_70": "即征即退70%",
    "refund_100": "即征即退100%",
    "over_3_refund": "超税负3%即征即退",
    "over_8_refund": "超税负8%即征即退",
    "over_12_refund": "超税负12%即征即退",
    "over_6_refund": "超税负6%即征即退",
    "simplified_2": "按2%简易征收",
    "simplified_3_reduced_1_5": "按3%简易征收减按1.5%计征",
}

# 零税率标识 lslbs.
ZERO_RATES = {"export": "出口免税和其他免税优惠", "not_taxed": "不征增值税", "ordinary": "普通零税率"}

# 特定要素 tdys.
BUSINESSES = {
    "construction": ("03", "建筑服务"),
    "freight": ("04", "货物运输"),
    "real_estate_sale": ("05", "不动产销售"),
    "real_estate_lease": ("06", "不动产经营租赁"),
    "passenger_transport": ("09", "旅客运输"),
}

# What a document's mark says: type of its label, meaning in both languages.
MARKS = {
    "voided": ("作废标签", "已作废", "Voided"),
    "dry_run": ("试算标签", "试算，未开具", "Tried, not issued"),
}


class Bureau(NamedTuple):
    """A tax bureau: the first four digits of its area in GB/T 2260, and its name."""

    region: str
    name: str


_PROVINCES = {
    "11": "北京市",
    "12": "天津市",
    "13": "河北省",
    "14": "山西省",
    "15": "内蒙古自治区",
    "21": "辽宁省",
    "22": "吉林省",
    "23": "黑龙江省",
    "31": "上海市",
    "32": "江苏省",
    "33": "浙江省",
    "34": "安徽省",
    "35": "福建省",
    "36": "江西省",
    "37": "山东省",
    "41": "河南省",
    "42": "湖北省",
    "43": "湖南省",
    "44": "广东省",
    "45": "广西壮族自治区",
    "46": "海南省",
    "50": "重庆市",
    "51": "四川省",
    "52": "贵州省",
    "53": "云南省",
    "54": "西藏自治区",
    "61": "陕西省",
    "62": "甘肃省",
    "63": "青海省",
    "64": "宁夏回族自治区",
    "65": "新疆维吾尔自治区",
}
# Cities planned apart have codes of their own in a number.
_CITIES = {
    "91": ("2102", "大连市"),
    "92": ("3702", "青岛市"),
    "93": ("3302", "宁波市"),
    "94": ("3502", "厦门市"),
    "95": ("4403", "深圳市"),
}
_BUREAUS = {
    **{code: Bureau(f"{code}00", f"国家税务总局{name}税务局") for code, name in _PROVINCES.items()},
    **{code: Bureau(region, f"国家税务总局{name}税务局") for code, (region, name) in _CITIES.items()},
}


def find_kind(kind: str) -> Kind:
    """Raises UnsupportedKind."""
    if kind not in KINDS:
        raise UnsupportedKind(kind)
    return KINDS[kind]


def find_bureau(number: str, code: str | None) -> Bureau | None:
    """Whose number it is: digits 3 and 4 of a digital one, else the region that the 发票代码 begins with."""
    if code is None:
        return _BUREAUS.get(number[2:4])
    return _BUREAUS.get(code[1:3] if len(code) == 12 else code[:2])
