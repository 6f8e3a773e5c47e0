"""价税合计（大写）: the worked amounts, and that words always read back as the same amount."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice.domain.words import write_amount
from tests.unit.invoice.making import WORKED

pytestmark = pytest.mark.fast

DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_amount(words: str) -> Decimal:
    """The words' amount, by a parser that shares nothing with the writer."""
    sign = -1 if words.startswith("（负数）") else 1
    words = words.removeprefix("（负数）").removesuffix("整")
    yuan, _, fraction = words.rpartition("圆")
    tenth = DIGITS[fraction[fraction.index("角") - 1]] if "角" in fraction else 0
    hundredth = DIGITS[fraction[fraction.index("分") - 1]] if "分" in fraction else 0
    return sign * (read_integer(yuan) + Decimal(tenth) / 10 + Decimal(hundredth) / 100)


def read_integer(words: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, _, low = words.rpartition(unit)
            return read_integer(high) * size + read_integer(low)
    total, digit = 0, 0
    for character in words:
        if character in DIGITS:
            digit = DIGITS[character]
        else:
            total += digit * UNITS[character]
            digit = 0
    return total + digit


@pytest.mark.parametrize("case", WORKED["capital_amounts"], ids=lambda case: case["amount"])
def test_amount_in_words_is_as_worked(case: dict[str, str]) -> None:
    assert write_amount(Decimal(case["amount"])) == case["words"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("-0.00", "零圆整"),
        ("1000000000000.00", "壹万亿圆整"),
        ("100000001000.30", "壹仟亿零壹仟圆零叁角整"),
    ],
)
def test_amount_at_an_edge_has_regular_words(amount: str, words: str) -> None:
    assert write_amount(Decimal(amount)) == words


@given(st.integers(min_value=-(10**18) + 1, max_value=10**18 - 1))
def test_words_read_back_as_the_amount(cents: int) -> None:
    amount = Decimal(cents).scaleb(-2)
    words = write_amount(amount)
    assert read_amount(words) == amount
    assert "零零" not in words


@given(st.integers(min_value=0, max_value=2_000_000))
def test_words_of_small_amounts_read_back_as_the_amount(cents: int) -> None:
    assert read_amount(write_amount(Decimal(cents).scaleb(-2))) == Decimal(cents).scaleb(-2)
