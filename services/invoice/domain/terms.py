"""The terms an invoice is found by, as numbers for one inverted index of all tenants.

A term only narrows the search: the row itself is compared afterwards, so that a collision costs time and nothing else.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from msgspec import Struct

_TENANT_BITS = (1 << 21) - 1
_FACET = 1 << 41


class Scale(Struct, frozen=True):
    """Whole numbers from 0 below `end`, cut into intervals of 2 to the power of each of `shifts`, fine to coarse."""

    mark: int
    shifts: tuple[int, ...]
    end: int


# Seconds since 1970, in minutes to half years; cents around the middle, in 41 yuan to 687 million; the first 18 digits
# of numbers in the order of texts.
TIME = Scale(0, (6, 12, 18, 24), 1 << 32)
SUM = Scale(1 << 40, (12, 18, 24, 30, 36), 1 << 44)
NUMBER = Scale(1 << 34, (6, 12, 18, 24, 30, 36, 42, 48, 54), 1 << 60)
_DIGITS, _BITS = 18, (1 << 34) - 1


def text_terms(tenant: UUID, text: str) -> set[int]:
    """Every character and every two neighbours of a lower-case text; blanks and line ends separate."""
    own = _own(tenant)
    return {own | term for word in text.split() for term in _parts(word)}


@lru_cache(8192)
def _parts(word: str) -> tuple[int, ...]:
    """Without the tenant; the same goods and buyers come again and again."""
    codes = [ord(character) for character in word]
    return (*(code << 21 for code in codes), *(first << 21 | second for first, second in pairwise(codes)))


def wanted_terms(tenant: UUID, text: str) -> set[int]:
    """What every text that contains all words of `text` (lower case) has among its terms."""
    return {term for word in text.split() for term in _of_word(_own(tenant), word)}


def facet_terms(tenant: UUID, **facets: Iterable[str]) -> set[int]:
    """One term a value: `kind=["digital_special"]`."""
    own = _own(tenant)
    return {own | _hash(f"{name}={value}") for name, values in facets.items() for value in values}


def place_terms(tenant: UUID, at: datetime, cents: int, number: str | None) -> set[int]:
    """The intervals that an invoice lies in by time, by sum and by number."""
    places = ((TIME, seconds_of(at)), (SUM, cents_on_scale(cents)), (NUMBER, digits_of(number)))
    return {
        _interval(tenant, scale, shift, place >> shift) for scale, place in places for shift in scale.shifts
    }


def cover(tenant: UUID, scale: Scale, first: int, last: int) -> list[int]:
    """As few intervals as hold all from `first` to `last`, both clamped to the scale, and little more."""
    terms = []
    low, high = _clamp(scale, first) >> scale.shifts[0], (_clamp(scale, last) >> scale.shifts[0]) + 1
    for shift, coarser in pairwise((*scale.shifts, scale.end.bit_length())):
        width = 1 << coarser - shift
        while low < high and low % width:
            terms.append(_interval(tenant, scale, shift, low))
            low += 1
        while low < high and high % width:
            high -= 1
            terms.append(_interval(tenant, scale, shift, high))
        low, high = low // width, high // width
    return terms


def seconds_of(at: datetime) -> int:
    """The instant on the scale TIME."""
    return _clamp(TIME, int(at.timestamp()))


def cents_on_scale(cents: int) -> int:
    """The sum on the scale SUM, on which red ones come before nothing."""
    return _clamp(SUM, cents + SUM.end // 2)


def digits_of(number: str | None) -> int:
    """The number on the scale NUMBER; one without a number comes first."""
    digits = (number or "")[:_DIGITS].ljust(_DIGITS, "0")
    return int(digits) if digits.isdecimal() else 0


def _clamp(scale: Scale, place: int) -> int:
    return max(0, min(place, scale.end - 1))


def _interval(tenant: UUID, scale: Scale, shift: int, number: int) -> int:
    return _own(tenant) | _FACET | scale.mark | shift << 34 | number & _BITS


def _of_word(own: int, word: str) -> list[int]:
    """Neighbours that together hold every character of Chinese: more of them would cost more than they narrow."""
    codes = [ord(character) for character in word]
    if len(codes) == 1:
        return [own | codes[0] << 21]
    starts = {*range(0, len(codes) - 1, 1 if word.isascii() else 2), len(codes) - 2}
    return [own | codes[start] << 21 | codes[start + 1] for start in starts]


def _own(tenant: UUID) -> int:
    return (tenant.int & _TENANT_BITS) << 42


def _hash(text: str) -> int:
    """41 bits, above every pair of printable characters."""
    digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
    return int.from_bytes(digest) & (_FACET - 1) | _FACET
