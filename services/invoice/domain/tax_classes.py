"""Tax class codes (税收分类编码) and the 简称 that the printed name of goods begins with."""

import re

_NAMED = re.compile(r"\*([^*]+)\*(.*)", re.DOTALL)
_NOT_TAXABLE = "6"


def split_name(name: str) -> tuple[str | None, str]:
    """`*谷物*燕麦` is 谷物 and 燕麦; a name without `*简称*` has none."""
    match = _NAMED.fullmatch(name)
    return (match[1], match[2]) if match else (None, name)


def find_short_name(code: str, short_names: dict[str, str]) -> str | None:
    """The 简称 of the class or else of the nearest class above it; codes are 1 + 9 × 2 digits."""
    for length in range(len(code), 0, -2):
        short_name = short_names.get(code[:length])
        if short_name is not None:
            return short_name
    return None


def is_not_taxable_class(code: str) -> bool:
    """Classes under 6 are 不征税项目."""
    return code.startswith(_NOT_TAXABLE)
