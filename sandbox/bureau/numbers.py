"""Numbers: 20 digits on digital invoices (year, region, issuing channel, 15 free digits), else 8 under a code."""

import re
from enum import StrEnum

# GB/T 2260 provinces, and the separately planned cities that have a code of their own.
PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]")
PLANNED_CITIES = {"2102": "91", "3702": "92", "3302": "93", "3502": "94", "4403": "95"}
DEFAULT_REGION = "42"

# The 15 free digits are used here as a six-digit seller and a nine-digit sequence, so that sellers never meet.
LAST_SEQUENCE = 999_999_999
LARGEST_BLOCK = 5000
LAST_OF_CODE = 99_999_999

# How the 12 digits of a code end, by kind; special invoices on paper have 10 digits.
CODE_ENDINGS = {"paper_ordinary": "04", "tax_control_special": "13", "tax_control_ordinary": "11"}
PAPER_SPECIAL = "paper_special"
# Kinds that carry a check code.
CHECKED = frozenset({"paper_ordinary", "tax_control_ordinary"})


class Channel(StrEnum):
    """Who gives an invoice its number."""

    LOCAL_BLOCKS = "local_blocks"
    ASSIGNED_ON_ISSUE = "assigned_on_issue"

    @property
    def digit(self) -> str:
        """The fifth digit: 7 for platforms that number themselves, 2 for the bureau's own numbering."""
        return "7" if self is Channel.LOCAL_BLOCKS else "2"


def area_of(seller: str) -> str:
    """Province or city of a taxpayer, as in the area of its id."""
    return seller[2:6] if len(seller) == 18 else seller[:4]


def region_of(seller: str) -> str:
    """The bureau region of a taxpayer, from the area in its 18- or 15-character id."""
    area = area_of(seller)
    if area in PLANNED_CITIES:
        return PLANNED_CITIES[area]
    return area[:2] if PROVINCES.fullmatch(area[:2]) else DEFAULT_REGION


def make_prefix(year: int, channel: Channel, seller: str, *, seller_ordinal: int) -> str:
    """`26` `42` `7` `000001`; nine digits of sequence follow, so a seller's year is contiguous."""
    return f"{year % 100:02d}{region_of(seller)}{channel.digit}{seller_ordinal:06d}"


def has_year(number: str, year: int) -> bool:
    """Whether a number may carry an issue date of that year."""
    return number[:2] == f"{year % 100:02d}"


def make_code(year: int, kind: str, seller: str) -> str:
    """The 发票代码 `0` `4200` `26` `001` `11`, or the shorter `4200` `26` `1` `130` of special invoices on paper."""
    area = area_of(seller)
    region = area if area in PLANNED_CITIES else f"{region_of(seller)}00"
    if kind == PAPER_SPECIAL:
        return f"{region}{year % 100:02d}1130"
    return f"0{region}{year % 100:02d}001{CODE_ENDINGS[kind]}"


def has_code(kind: str) -> bool:
    """Whether invoices of the kind are numbered under a code."""
    return kind == PAPER_SPECIAL or kind in CODE_ENDINGS


def is_code_of(code: str, kind: str) -> bool:
    """By its length and its end."""
    if kind == PAPER_SPECIAL:
        return len(code) == 10
    return len(code) == 12 and code.startswith("0") and code.endswith(CODE_ENDINGS[kind])


def split_number(number: str) -> tuple[str | None, str]:
    """Code and number that stand together; digital numbers begin with their year, codes of 12 digits with 0."""
    if len(number) == 20 and number[0] != "0":
        return None, number
    return number[:-8], number[-8:]
