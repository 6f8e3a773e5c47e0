"""Buyers a tenant has issued to, and which of them somebody may have meant."""

from collections.abc import Sequence

from msgspec import Struct

from services.invoice.domain.parties import Buyer

MOST_SUGGESTIONS = 3
# Two slips in a code of 18, one in a short name, one more for every eight characters.
_CODE_SLIPS = 2


class KnownBuyer(Struct, frozen=True):
    """A name and tax id that stood on an invoice."""

    name: str
    tax_id: str


def find_near(buyer: Buyer, known: Sequence[KnownBuyer]) -> list[KnownBuyer]:
    """Known buyers that are almost this one, the likeliest first; none if this very one is known."""
    if KnownBuyer(buyer.name, buyer.tax_id) in known:
        return []
    measured = [(_distance_to(buyer, each), each) for each in known]
    near = [(distance, each) for distance, each in measured if distance is not None]
    return [each for _, each in sorted(near, key=lambda pair: (pair[0], pair[1].name))][:MOST_SUGGESTIONS]


def _distance_to(buyer: Buyer, known: KnownBuyer) -> int | None:
    """None: another buyer. The same id under another name, and the same name under another id, are near."""
    by_name = count_slips(buyer.name, known.name)
    by_code = count_slips(buyer.tax_id, known.tax_id) if buyer.tax_id and known.tax_id else None
    if by_code is None:
        return by_name if by_name <= _name_slips(buyer.name) else None
    if by_name == 0 or by_code == 0 or (by_name <= _name_slips(buyer.name) and by_code <= _CODE_SLIPS):
        return by_name + by_code
    return by_code if by_code == 1 else None


def _name_slips(name: str) -> int:
    return 1 + len(name) // 8


def count_slips(one: str, other: str) -> int:
    """Characters too many, missing, wrong or swapped with their neighbour (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, character in enumerate(one, 1):
        before, last, row = row, before, [place]
        for column, wanted in enumerate(other, 1):
            cost = min(row[-1] + 1, before[column] + 1, before[column - 1] + (character != wanted))
            if place > 1 and column > 1 and character == other[column - 2] and one[place - 2] == wanted:
                cost = min(cost, last[column - 2] + 1)
            row.append(cost)
    return row[-1]
