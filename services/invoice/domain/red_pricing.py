"""What a red invoice takes of a blue one: lines netted with their discounts, remainders to the cent, never too much."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from libs.common.money import ZERO, divide, multiply, round_cents, round_price
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.figures import PlainDecimal, plain_decimal
from services.invoice.domain.invoice import Invoice, InvoiceLine, Nature, Totals
from services.invoice.domain.red_reasons import RedReason
from services.invoice.domain.refusals import refuse
from services.invoice.domain.rules import RulePack
from services.invoice.domain.words import write_amount
from services.invoice.errors import NothingLeftToReverse

_HIDDEN = "***"


class RedLineRequest(Struct, frozen=True):
    """How much of a blue line: exactly one of quantity and amount (without tax), both positive."""

    line_no: int
    quantity: Decimal | None = None
    amount: Decimal | None = None


class ListedLine(Struct, frozen=True):
    """A line of a form in the bureau's list; sums are negative."""

    blue_line_no: int
    amount: Decimal
    tax: Decimal
    quantity: Decimal | None = None
    unit_price: Decimal | None = None


class Rest(Struct, frozen=True):
    """A blue line, netted with its discount, and what of it no live form has taken."""

    line: InvoiceLine
    blue_amount: Decimal
    blue_tax: Decimal
    quantity: Decimal | None
    amount: Decimal
    tax: Decimal

    @property
    def is_empty(self) -> bool:
        return not self.amount and not self.tax


class _Part(Struct, frozen=True):
    """What is taken of one line, positive."""

    rest: Rest
    quantity: Decimal | None
    unit_price: PlainDecimal | None
    amount: Decimal
    tax: Decimal


def list_rests(blue: Invoice, taken: Sequence[InvoiceLine]) -> list[Rest]:
    """What is left of each blue line after the red lines of all live forms."""
    discounts = {line.line_no - 1: line for line in blue.lines if line.nature is Nature.DISCOUNT}
    rests = []
    for line in blue.lines:
        if line.nature is Nature.DISCOUNT:
            continue
        pair = [line, discounts[line.line_no]] if line.line_no in discounts else [line]
        amount = sum((each.amount for each in pair), ZERO)
        tax = sum((each.tax for each in pair), ZERO)
        reds = [red for red in taken if red.blue_line_no == line.line_no]
        quantity: Decimal | None = line.quantity
        if quantity is not None:
            quantity = quantity + sum((red.quantity for red in reds if red.quantity is not None), Decimal(0))
        amount_left = sum((red.amount for red in reds), amount)
        rests.append(Rest(line, amount, tax, quantity, amount_left, sum((red.tax for red in reds), tax)))
    return rests


def price_red_lines(
    rests: Sequence[Rest], reason: RedReason, requested: Sequence[RedLineRequest] | None, rules: RulePack
) -> tuple[InvoiceLine, ...]:
    """The red lines; `requested` None takes all that is left.

    Raises NothingLeftToReverse, or one Invalid with every line that asks for what cannot be taken.
    """
    left = [rest for rest in rests if not rest.is_empty]
    if not left:
        raise NothingLeftToReverse
    if requested is None:
        parts = [_take_rest(rest, rules, with_quantity=bool(rest.quantity)) for rest in left]
    else:
        parts = _take_requested(rests, requested, rules)
        if reason is RedReason.ISSUED_IN_ERROR and not _takes_all(parts, left):
            raise Invalid(errors=[refuse("/lines", "issued-in-error-takes-all")])
    return tuple(_print(part, line_no) for line_no, part in enumerate(parts, start=1))


def print_listed_lines(rests: Sequence[Rest], listed: Sequence[ListedLine]) -> tuple[InvoiceLine, ...]:
    """The lines of a form that the buyer entered, as the bureau holds them; unknown ones are left out."""
    by_number = {rest.line.line_no: rest for rest in rests}
    parts = [
        _Part(
            by_number[line.blue_line_no],
            None if line.quantity is None else abs(line.quantity),
            None if line.unit_price is None else plain_decimal(line.unit_price),
            -line.amount,
            -line.tax,
        )
        for line in listed
        if line.blue_line_no in by_number
    ]
    return tuple(_print(part, line_no) for line_no, part in enumerate(parts, start=1))


def add_up_red(lines: Sequence[InvoiceLine]) -> Totals:
    """Plain sums, negative."""
    amount = sum((line.amount for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    return Totals(amount, tax, amount + tax, write_amount(amount + tax))


def print_red_remarks(blue: Invoice, confirmation_number: str, remarks: str) -> str:
    """The fixed beginning names the blue invoice and the form; what the caller says follows."""
    number = f"被红冲蓝字数电发票号码：{blue.number}"
    if blue.code is not None:
        number = f"对应正数发票代码:{blue.code} 号码:{blue.number}"
    return f"{number} 红字发票信息确认单编号：{confirmation_number} {remarks}".rstrip()


def _takes_all(parts: Sequence[_Part], left: Sequence[Rest]) -> bool:
    taken = {part.rest.line.line_no: part.amount for part in parts}
    return all(taken.get(rest.line.line_no) == rest.amount for rest in left)


def _take_requested(
    rests: Sequence[Rest], requested: Sequence[RedLineRequest], rules: RulePack
) -> list[_Part]:
    by_number = {rest.line.line_no: rest for rest in rests}
    seen: set[int] = set()
    parts, errors = [], []
    for index, request in enumerate(requested):
        pointer, rest = f"/lines/{index}", by_number.get(request.line_no)
        if rest is None or request.line_no in seen:
            errors.append(
                refuse(f"{pointer}/line_no", "red-line-unknown" if rest is None else "red-line-twice")
            )
            continue
        seen.add(request.line_no)
        taken = _take(rest, request, pointer, rules)
        if isinstance(taken, FieldError):
            errors.append(taken)
        else:
            parts.append(taken)
    if errors:
        raise Invalid(errors=errors)
    return parts


def _take(rest: Rest, request: RedLineRequest, pointer: str, rules: RulePack) -> _Part | FieldError:
    if (request.quantity is None) == (request.amount is None):
        return refuse(pointer, "red-quantity-or-amount")
    if request.amount is not None:
        return _take_amount(rest, round_cents(request.amount), f"{pointer}/amount", rules)
    return _take_quantity(rest, request.quantity or Decimal(0), f"{pointer}/quantity", rules)


def _take_amount(rest: Rest, amount: Decimal, pointer: str, rules: RulePack) -> _Part | FieldError:
    if amount > rest.amount:
        return refuse(pointer, "red-exceeds-left", left=rest.amount)
    if amount == rest.amount:
        return _take_rest(rest, rules, with_quantity=False)
    return _Part(rest, None, None, amount, _tax_of(rest, amount, rules))


def _take_quantity(rest: Rest, quantity: Decimal, pointer: str, rules: RulePack) -> _Part | FieldError:
    if rest.quantity is None:
        return refuse(pointer, "red-line-has-no-quantity")
    if quantity > rest.quantity or not rest.amount:
        return refuse(pointer, "red-exceeds-left", left=plain_decimal(rest.quantity))
    if quantity == rest.quantity:
        return _take_rest(rest, rules, with_quantity=True)
    price = _price_of(rest, rest.quantity, rules)
    amount = round_cents(multiply(quantity, price))
    if not 0 < amount < rest.amount:
        return refuse(pointer, "red-quantity-too-fine", left=plain_decimal(rest.quantity))
    return _Part(rest, quantity, price, amount, _tax_of(rest, amount, rules))


def _take_rest(rest: Rest, rules: RulePack, *, with_quantity: bool) -> _Part:
    """The rest of the amount and of the tax, not worked out again."""
    if not with_quantity or rest.quantity is None:
        return _Part(rest, None, None, rest.amount, rest.tax)
    return _Part(rest, rest.quantity, _price_of(rest, rest.quantity, rules), rest.amount, rest.tax)


def _price_of(rest: Rest, quantity: Decimal, rules: RulePack) -> PlainDecimal:
    """The blue line's price (net ÷ quantity if it was discounted) while it fits what is left, else what is left ÷ q."""
    line = rest.line
    price = line.unit_price or Decimal(0)
    if line.nature is Nature.DISCOUNTED and line.quantity:
        price = round_price(divide(rest.blue_amount, line.quantity))
    product = round_cents(multiply(quantity, price))
    if not price or abs(product - rest.amount) > rules.tolerances.product:
        price = round_price(divide(rest.amount, quantity))
    return plain_decimal(price)


def _tax_of(rest: Rest, amount: Decimal, rules: RulePack) -> Decimal:
    """amount × rate; in proportion under difference taxation and the reduced levy. Never more than is left."""
    line = rest.line
    if line.deduction is None and rules.base_rate(line.policy) is None:
        tax = round_cents(multiply(amount, line.tax_rate))
    else:
        tax = round_cents(divide(multiply(rest.blue_tax, amount), rest.blue_amount))
    return min(tax, rest.tax)


def _print(part: _Part, line_no: int) -> InvoiceLine:
    """Negative quantity, amount and tax, positive price; `ZERO -` because −0.00 must not be."""
    line = part.rest.line
    tax = ZERO - part.tax
    return InvoiceLine(
        line_no=line_no,
        nature=Nature.NORMAL,
        name=line.name,
        specification=line.specification,
        unit=line.unit,
        tax_class_code=line.tax_class_code,
        policy=line.policy,
        quantity=None if part.quantity is None else plain_decimal(-part.quantity),
        unit_price=part.unit_price,
        amount=ZERO - part.amount,
        tax_rate=line.tax_rate,
        tax=tax,
        amount_with_tax=ZERO - part.amount - part.tax,
        printed_rate=line.printed_rate,
        printed_tax=_HIDDEN if line.printed_tax == _HIDDEN else str(tax),
        zero_rate=line.zero_rate,
        blue_line_no=line.line_no,
    )
