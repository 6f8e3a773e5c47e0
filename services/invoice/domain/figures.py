"""Figures of a line that are not sums of money: quantities and unit prices."""

from decimal import Decimal

from libs.common.money import plain


class PlainDecimal(Decimal):
    """A quantity or unit price, up to 13 decimals, whose text never has an exponent.

    Decimal itself writes 0.0000001 as `1E-7`. The type is not known to JSON encoders, so that the one encoder of
    `invoice.py` writes it.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return format(self, "f")


def plain_decimal(value: Decimal) -> PlainDecimal:
    """Without trailing zeros: `86.50` becomes `86.5`."""
    return PlainDecimal(plain(value))
