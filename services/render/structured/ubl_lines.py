"""The lines of an invoice as EN 16931 knows them: none negative, a discount inside its line, one tax category each."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from libs.common.money import round_cents
from services.render.page.errors import Undrawable
from services.render.page.face import NO_TAX
from services.render.structured.invoice import Invoice, Line

ZERO = Decimal("0.00")
# What a declared tax may differ from amount × rate and still be the tax at that rate (domain rule of issuing).
_TOLERANCE = Decimal("0.06")
# BR-CO-17 as its official rules count it: the tax of a category is within less than one of base × rate.
_CATEGORY_TOLERANCE = Decimal("1.00")

_EXEMPT = "免税 Exempt from VAT"
_NOT_TAXABLE = "不征税 Not subject to VAT"
_DIFFERENCE = "差额征税扣除额 Deduction of difference taxation"
_REDUCED = "减按征收 Part left untaxed by a reduced levy"


class Category(StrEnum):
    """UNTDID 5305, what of it a Chinese invoice needs."""

    STANDARD = "S"
    ZERO_RATED = "Z"
    EXEMPT = "E"
    OUTSIDE = "O"


class Inexpressible(Undrawable):
    """EN 16931 has no way to say it; a document that says something else would be wrong. Nothing can be mended."""

    is_alarming = False


class UblLine(NamedTuple):
    """`price` is before the discount; `net` after it; both and the quantity are positive on credit notes as well."""

    id: str
    line: Line
    quantity: Decimal
    price: Decimal
    discount: Decimal
    net: Decimal
    tax: Decimal
    category: Category
    percent: Decimal
    reason: str


class TaxGroup(NamedTuple):
    """One row of the VAT breakdown (BG-23)."""

    category: Category
    percent: Decimal
    net: Decimal
    tax: Decimal
    reason: str


def list_lines(invoice: Invoice) -> list[UblLine]:
    """Raises Inexpressible."""
    sign = -1 if invoice.red else 1
    is_outside = all(line.policy == "not_taxable" for line in invoice.lines)
    pairs = _join_discounts(invoice.lines)
    lines = [part for line, discount in pairs for part in _split(line, discount, sign, is_outside=is_outside)]
    stated = sign * Decimal(invoice.totals.amount), sign * Decimal(invoice.totals.tax)
    if (sum(line.net for line in lines), sum(line.tax for line in lines)) != stated:
        raise Inexpressible(
            "EN 16931 (BR-CO-10) wants totals that are sums.", "EN 16931 要求合计等于各行之和。"
        )
    return lines


def group_taxes(lines: Sequence[UblLine]) -> list[TaxGroup]:
    """In the order in which categories and rates first occur; raises Inexpressible."""
    groups: dict[tuple[Category, Decimal], list[UblLine]] = {}
    for line in lines:
        groups.setdefault((line.category, line.percent), []).append(line)
    return [_sum_group(category, percent, members) for (category, percent), members in groups.items()]


def _sum_group(category: Category, percent: Decimal, lines: Sequence[UblLine]) -> TaxGroup:
    net, tax = sum((line.net for line in lines), ZERO), sum((line.tax for line in lines), ZERO)
    expected = round_cents(net * percent / 100)
    if abs(tax - expected) >= _CATEGORY_TOLERANCE:
        raise Inexpressible(
            f"EN 16931 (BR-CO-17) allows no tax of {tax} on {net} at {percent} %.",
            f"EN 16931（BR-CO-17）不允许金额 {net} 按 {percent}% 计税 {tax}。",
        )
    reasons = dict.fromkeys(line.reason for line in lines if line.reason)
    return TaxGroup(category, percent, net, tax, "; ".join(reasons))


def _join_discounts(lines: Sequence[Line]) -> Iterator[tuple[Line, Line | None]]:
    """Each line with the discount line behind it, if any."""
    discounted: Line | None = None
    for line in lines:
        if line.nature == "discount":
            if discounted is None:
                raise Inexpressible(
                    "EN 16931 knows no discount without a line.", "EN 16931 不支持无对应行的折扣。"
                )
            yield discounted, line
            discounted = None
            continue
        if discounted is not None:
            yield discounted, None
        discounted = line
    if discounted is not None:
        yield discounted, None


def _split(line: Line, discount: Line | None, sign: int, *, is_outside: bool) -> Iterator[UblLine]:
    """The line, and behind it the part that its tax does not reach, where the rate alone does not explain the tax."""
    gross, tax, rate = sign * Decimal(line.amount), sign * Decimal(line.tax), Decimal(line.tax_rate)
    off = -Decimal(discount.amount) if discount else ZERO
    net = gross - off
    tax += Decimal(discount.tax) if discount else ZERO
    if gross < 0 or off < 0 or net < 0:
        raise Inexpressible("EN 16931 knows no negative price.", "EN 16931 不支持负单价。")
    untaxed = _untaxed_part(net, tax, rate)
    parts = [str(line.line_no), f"{line.line_no}-2"]
    if untaxed < net or not untaxed:
        has_price = line.unit_price and line.quantity and not untaxed
        counted = (abs(Decimal(line.quantity or 1)), Decimal(line.unit_price or 0))
        quantity, price = counted if has_price else (Decimal(1), gross - untaxed)
        category, reason = _categorise(line, rate, is_outside=is_outside)
        sums = (quantity, price, off, net - untaxed, tax + ZERO)
        yield UblLine(parts.pop(0), line, *sums, category, rate * 100, reason)
    if untaxed:
        why = _DIFFERENCE if line.printed_rate == NO_TAX else _REDUCED
        rest = (Decimal(1), untaxed, ZERO, untaxed, ZERO)
        yield UblLine(parts.pop(0), line, *rest, Category.EXEMPT, ZERO, why)


def _untaxed_part(net: Decimal, tax: Decimal, rate: Decimal) -> Decimal:
    """What stays untaxed by a deduction or a reduced levy: all beyond the part whose tax at the rate is the tax."""
    if rate == 0 or net * rate - tax <= _TOLERANCE:
        return ZERO
    return net - round_cents(tax / rate)


def _categorise(line: Line, rate: Decimal, *, is_outside: bool) -> tuple[Category, str]:
    """Category O stands alone in an invoice (BR-O-11), so beside other lines what is not taxable counts as exempt."""
    if line.policy == "not_taxable":
        return (Category.OUTSIDE if is_outside else Category.EXEMPT), _NOT_TAXABLE
    if line.policy == "exempt":
        return Category.EXEMPT, _EXEMPT
    return (Category.ZERO_RATED if rate == 0 else Category.STANDARD), ""
