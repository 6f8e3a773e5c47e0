"""A coupon with tax spread over the lines of an invoice (worked invoice W16)."""

from collections.abc import Sequence
from decimal import Decimal

from libs.common.money import ZERO
from libs.common.problems import Invalid
from services.invoice.domain.line_pricing import PricedLine, check_discount
from services.invoice.domain.refusals import refuse
from services.invoice.domain.rules import RulePack
from services.invoice.domain.sums import Sum, tax_within


def spread_coupon(lines: Sequence[PricedLine], coupon: Decimal, rules: RulePack) -> list[PricedLine]:
    """The lines with their share of the coupon as discount; a line whose share is 0.00 stays as it is."""
    grosses = [line.sum.with_tax for line in lines]
    total = sum(grosses, ZERO)
    if coupon >= total:
        raise Invalid(errors=[refuse("/discount_amount", "coupon-too-large", limit=total)])
    shares = split_by_weight(coupon, grosses)
    return [_take_share(line, share, rules) for line, share in zip(lines, shares, strict=True)]


def split_by_weight(total: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """Whole cents in proportion to the weights by largest remainder; of equal remainders the earlier wins."""
    cents = [int(weight.scaleb(2)) for weight in weights]
    total_cents, weight_sum = int(total.scaleb(2)), sum(cents)
    shares = [total_cents * cent // weight_sum for cent in cents]
    by_remainder = sorted(range(len(cents)), key=lambda i: -(total_cents * cents[i] % weight_sum))
    for index in by_remainder[: total_cents - sum(shares)]:
        shares[index] += 1
    return [Decimal(share).scaleb(-2) for share in shares]


def _take_share(priced: PricedLine, share: Decimal, rules: RulePack) -> PricedLine:
    """Net line minus gross line, worked out with tax first."""
    if not share:
        return priced
    gross = priced.sum.with_tax
    tax = tax_within(gross - share, priced.line, rules) - tax_within(gross, priced.line, rules)
    discount = check_discount(Sum(-share - tax, tax), priced.sum, "/discount_amount")
    return PricedLine(priced.line, priced.quantity, priced.unit_price, priced.sum, priced.tax_error, discount)
