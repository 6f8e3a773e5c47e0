"""Whom somebody may have meant: slips in names and codes."""

import pytest

from services.invoice.domain.buyers import KnownBuyer, count_slips, find_near
from services.invoice.domain.parties import Buyer

pytestmark = pytest.mark.fast

WUHAN = KnownBuyer("武汉晴川数码科技有限公司", "91420100MA4K00002Y")
HANGZHOU = KnownBuyer("杭州青禾软件有限公司", "914403001922038216")
KNOWN = [WUHAN, HANGZHOU]


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("", "", 0), ("ab", "ab", 0), ("ab", "ba", 1), ("abc", "ac", 1), ("a", "", 1), ("kitten", "sitting", 3)],
)
def test_slips_are_counted(one: str, other: str, slips: int) -> None:
    assert count_slips(one, other) == count_slips(other, one) == slips


@pytest.mark.parametrize(
    ("name", "tax_id", "meant"),
    [
        (WUHAN.name, "91420100MA4K00020Y", [WUHAN]),
        (WUHAN.name, "91420100MA4K00002X", [WUHAN]),
        (WUHAN.name, "", [WUHAN]),
        ("武汉晴川数码有限公司", WUHAN.tax_id, [WUHAN]),
        ("武汉睛川数码科技有限公司", "", [WUHAN]),
        ("另一家公司", WUHAN.tax_id, [WUHAN]),
        ("另一家公司", "91420100MA4K0002Y", [WUHAN]),
        (WUHAN.name, WUHAN.tax_id, []),
        ("另一家公司", "91420100MA4KABCDEY", []),
        ("个人", "", []),
    ],
)
def test_near_buyer_is_found_and_a_known_one_needs_none(
    name: str, tax_id: str, meant: list[KnownBuyer]
) -> None:
    assert find_near(Buyer(name, tax_id), KNOWN) == meant


def test_likeliest_comes_first_and_few_are_named() -> None:
    many = [KnownBuyer(f"武汉晴川数码科技有限公司{n}", "") for n in range(9)]
    found = find_near(Buyer("武汉晴川数码科技有限公可1", ""), many)
    assert found[0].name.endswith("1")
    assert len(found) == 3
