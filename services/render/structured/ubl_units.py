"""Units of measure in words as UN/ECE Recommendation 20 codes; a word without a code counts pieces (C62)."""

_UNITS = {
    "KGM": "千克 公斤 kg KG",
    "GRM": "克 g",
    "TNE": "吨 t",
    "LTR": "升 L",
    "MLT": "毫升 mL ml",
    "MTR": "米 m",
    "KMT": "千米 公里 km",
    "CMT": "厘米 cm",
    "MMT": "毫米 mm",
    "MTK": "平方米 ㎡ m2 m²",
    "MTQ": "立方米 m³ m3",
    "KWH": "千瓦时 度 kWh",
    "HUR": "小时 时",
    "MIN": "分钟",
    "DAY": "天 日",
    "WEE": "周",
    "MON": "月 个月",
    "ANN": "年",
    "H87": "个 件 只 台 辆 支 把 张 块 条 根 枚 部 本 册 架 颗 片",
    "SET": "套 组",
    "PR": "对 双",
    "DZN": "打",
}
_CODES = {word: code for code, words in _UNITS.items() for word in words.split()}
PIECE = "C62"


def find_unit(word: str | None) -> str:
    return _CODES.get(word or "", PIECE)
