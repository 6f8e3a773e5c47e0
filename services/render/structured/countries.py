"""Countries by the names that addresses begin or end with; an invoice states none of its buyer.

The list holds China's larger trading partners; what is not on it stays unknown.
"""

import re

_NAMES = {
    "AE": "阿联酋 United Arab Emirates",
    "AT": "奥地利 Austria",
    "AU": "澳大利亚 Australia",
    "BE": "比利时 Belgium",
    "BG": "保加利亚 Bulgaria",
    "BR": "巴西 Brazil",
    "CA": "加拿大 Canada",
    "CH": "瑞士 Switzerland",
    "CZ": "捷克 Czechia",
    "DE": "德国 Germany",
    "DK": "丹麦 Denmark",
    "EE": "爱沙尼亚 Estonia",
    "ES": "西班牙 Spain",
    "FI": "芬兰 Finland",
    "FR": "法国 France",
    "GB": "英国 United Kingdom",
    "GR": "希腊 Greece",
    "HR": "克罗地亚 Croatia",
    "HU": "匈牙利 Hungary",
    "ID": "印度尼西亚 Indonesia",
    "IE": "爱尔兰 Ireland",
    "IN": "印度 India",
    "IT": "意大利 Italy",
    "JP": "日本 Japan",
    "KR": "韩国 South Korea",
    "LT": "立陶宛 Lithuania",
    "LU": "卢森堡 Luxembourg",
    "LV": "拉脱维亚 Latvia",
    "MX": "墨西哥 Mexico",
    "MY": "马来西亚 Malaysia",
    "NL": "荷兰 Netherlands",
    "NO": "挪威 Norway",
    "NZ": "新西兰 New Zealand",
    "PH": "菲律宾 Philippines",
    "PL": "波兰 Poland",
    "PT": "葡萄牙 Portugal",
    "RO": "罗马尼亚 Romania",
    "RU": "俄罗斯 Russia",
    "SA": "沙特阿拉伯 Saudi Arabia",
    "SE": "瑞典 Sweden",
    "SG": "新加坡 Singapore",
    "SI": "斯洛文尼亚 Slovenia",
    "SK": "斯洛伐克 Slovakia",
    "TH": "泰国 Thailand",
    "TR": "土耳其 Türkiye",
    "US": "美国 United States",
    "VN": "越南 Vietnam",
    "ZA": "南非 South Africa",
}
_CODES = {name.lower(): code for code, names in _NAMES.items() for name in names.split(" ", 1)}
_NAME = "|".join(sorted(map(re.escape, _CODES), key=len, reverse=True))
# 德国柏林市…, or …, Berlin, Germany.
_FIRST = re.compile(_NAME, re.IGNORECASE)
_LAST = re.compile(f"(?:^|[\\s,，])({_NAME})[.\\s]*$", re.IGNORECASE)


def find_country(address: str) -> str | None:
    """The code of ISO 3166-1, where the address says it."""
    if last := _LAST.search(address):
        return _CODES[last[1].lower()]
    first = _FIRST.match(address)
    return _CODES[first[0].lower()] if first else None
