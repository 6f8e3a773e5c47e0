"""Decimal arithmetic for amounts in yuan: the only file of the project that rounds. No floats."""

from decimal import ROUND_HALF_UP, Context, Decimal

# Wide enough that products of a 25-digit quantity and price are exact before the one named rounding.
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
_PRICE_STEP = Decimal(1).scaleb(-13)


def round_cents(value: Decimal) -> Decimal:
    """Round to 2 places, HALF_UP away from zero; never −0.00."""
    return EXACT.add(value.quantize(CENT, context=EXACT), ZERO)


def round_price(value: Decimal) -> Decimal:
    """Round a unit price to at most 13 places, HALF_UP, without trailing zeros."""
    return plain(value.quantize(_PRICE_STEP, context=EXACT))


def multiply(left: Decimal, right: Decimal) -> Decimal:
    """The exact product."""
    return EXACT.multiply(left, right)


def divide(left: Decimal, right: Decimal) -> Decimal:
    """The quotient to 80 digits; round it next."""
    return EXACT.divide(left, right)


def plain(value: Decimal) -> Decimal:
    """Without exponent and trailing zeros: `1E+2` becomes `100`, `1.50` becomes `1.5`."""
    exponent = value.normalize(EXACT).as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0:
        return value.quantize(Decimal(1), context=EXACT)
    return value.normalize(EXACT)
