"""The 20-digit numbers of digital invoices (domain: year, region, issuing channel, then 15 free digits)."""

import re
from enum import StrEnum

# GB/T 2260 provinces, and the separately planned cities that have a code of their own.
PROVINCES = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]")
PLANNED_CITIES = {"2102": "91", "3702": "92", "3302": "93", "3502": "94", "4403": "95"}
DEFAULT_REGION = "42"

# The 15 free digits are used here as a six-digit seller and a nine-digit sequence, so that sellers never meet.
LAST_SEQUENCE = 999_999_999
LARGEST_BLOCK = 5000


class Channel(StrEnum):
    """Who gives an invoice its number."""

    LOCAL_BLOCKS = "local_blocks"
    ASSIGNED_ON_ISSUE = "assigned_on_issue"

    @property
    def digit(self) -> str:
        """The fifth digit: 7 for platforms that number themselves, 2 for the bureau's own numbering."""
        return "7" if self is Channel.LOCAL_BLOCKS else "2"


def region_of(seller: str) -> str:
    """The bureau region of a taxpayer, from the area in its 18- or 15-character id."""
    area = seller[2:6] if len(seller) == 18 else seller[:4]
    if area in PLANNED_CITIES:
        return PLANNED_CITIES[area]
    return area[:2] if PROVINCES.fullmatch(area[:2]) else DEFAULT_REGION


def make_prefix(year: int, channel: Channel, seller: str, *, seller_ordinal: int) -> str:
    """`26` `42` `7` `000001`; nine digits of sequence follow, so a seller's year is contiguous."""
    return f"{year % 100:02d}{region_of(seller)}{channel.digit}{seller_ordinal:06d}"


def has_year(number: str, year: int) -> bool:
    """Whether a number may carry an issue date of that year."""
    return number[:2] == f"{year % 100:02d}"
