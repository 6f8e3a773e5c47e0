"""价税合计（大写）: sums of money in capital Chinese words."""

import re
from decimal import Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_ZEROS = re.compile("零+")


def write_amount(amount: Decimal) -> str:
    """`10.70` is 壹拾圆零柒角整; negative sums begin with （负数）. Takes whole cents below 10^16 yuan."""
    cents = int(abs(amount).scaleb(2))
    yuan, fraction = divmod(cents, 100)
    words = _write_yuan(yuan) + _write_fraction(yuan, fraction)
    return f"（负数）{words}" if amount < 0 and cents else words


def _write_yuan(yuan: int) -> str:
    return _write_integer(yuan) + "圆" if yuan else ""


def _write_fraction(yuan: int, fraction: int) -> str:
    """角 and 分; 零 joins them to the yuan when the last yuan digit or the 角 is 0."""
    tenth, hundredth = divmod(fraction, 10)
    if not fraction:
        return "整" if yuan else "零圆整"
    joint = "零" if yuan and (yuan % 10 == 0 or not tenth) else ""
    words = f"{_DIGITS[tenth]}角" if tenth else ""
    return joint + words + (f"{_DIGITS[hundredth]}分" if hundredth else "整")


def _write_integer(number: int) -> str:
    """Groups of 亿 and 万; a group that begins with 0 is joined by one 零."""
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            joint = "零" if low and low < size // 10 else ""
            return _write_integer(high) + unit + joint + (_write_integer(low) if low else "")
    return _write_group(number)


def _write_group(number: int) -> str:
    """Up to four digits, without leading zeros; runs of 0 are one 零 and none at the end."""
    digits = str(number)
    words = "".join(
        _DIGITS[int(digit)] + (_UNITS[len(digits) - place - 1] if digit != "0" else "")
        for place, digit in enumerate(digits)
    )
    return _ZEROS.sub("零", words).rstrip("零")
