"""The terms an invoice is found by, as numbers for one inverted index of all tenants.

A term only narrows the search: the row itself is compared afterwards, so that a collision costs time and nothing else.
"""

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from uuid import UUID

_TENANT_BITS = (1 << 21) - 1
_FACET = 1 << 41


def text_terms(tenant: UUID, text: str) -> set[int]:
    """Every character and every two neighbours of a lower-case text; blanks and line ends separate."""
    own = _own(tenant)
    terms = set()
    for word in text.split():
        codes = [ord(character) for character in word]
        terms.update([own | code << 21 for code in codes])
        terms.update([own | first << 21 | second for first, second in pairwise(codes)])
    return terms


def wanted_terms(tenant: UUID, text: str) -> set[int]:
    """What every text that contains all words of `text` (lower case) has among its terms."""
    return {term for word in text.split() for term in _of_word(_own(tenant), word)}


def facet_terms(tenant: UUID, **facets: Iterable[str]) -> set[int]:
    """One term a value: `kind=["digital_special"]`."""
    own = _own(tenant)
    return {own | _hash(f"{name}={value}") for name, values in facets.items() for value in values}


def _of_word(own: int, word: str) -> list[int]:
    codes = [ord(character) for character in word]
    if len(codes) == 1:
        return [own | codes[0] << 21]
    return [own | first << 21 | second for first, second in pairwise(codes)]


def _own(tenant: UUID) -> int:
    return (tenant.int & _TENANT_BITS) << 42


def _hash(text: str) -> int:
    """41 bits, above every pair of printable characters."""
    digest = hashlib.blake2b(text.encode(), digest_size=6).digest()
    return int.from_bytes(digest) & (_FACET - 1) | _FACET
