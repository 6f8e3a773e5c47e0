"""Random issued invoices whose sums agree, as Hypothesis strategies."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from tests.unit.render.kind_samples import CO_BUYER, CONSTRUCTION, LEASE, SALE, make_journeys, make_transports
from tests.unit.render.samples import BUYER, NUMBER, SELLER, make_invoice, make_line

CENT = Decimal("0.01")
texts = st.text(
    st.characters(categories=("L", "N", "P", "S", "Zs"), exclude_characters="\u00ad"), min_size=1, max_size=20
).filter(lambda text: text == text.strip())
remarks = st.lists(texts, max_size=3).map("\n".join)
businesses = st.sampled_from(
    [
        None,
        None,
        CONSTRUCTION,
        SALE | {"co_buyers": [CO_BUYER]},
        LEASE,
        make_journeys(3),
        make_transports(2),
    ]
)
_ZERO = {
    "exempt": {"policy": "exempt", "zero_rate": "export", "printed_rate": "免税", "printed_tax": "***"},
    "not_taxable": {
        "policy": "not_taxable",
        "zero_rate": "not_taxed",
        "printed_rate": "不征税",
        "printed_tax": "***",
    },
    "zero": {"zero_rate": "ordinary", "printed_rate": "0%", "printed_tax": "0.00"},
}


@st.composite
def parties(draw: st.DrawFn, base: dict[str, Any]) -> dict[str, Any]:
    """Any texts, a tax id or none."""
    return {
        "name": draw(texts),
        "tax_id": draw(st.sampled_from([base["tax_id"], ""])),
        "address": draw(st.sampled_from(["", base["address"]])),
        "phone": draw(st.sampled_from(["", base["phone"]])),
        "bank_name": draw(st.one_of(st.just(""), texts)),
        "bank_account": draw(st.sampled_from(["", base["bank_account"]])),
    }


@st.composite
def lines(draw: st.DrawFn, sign: int = 1) -> list[dict[str, Any]]:
    """One line, or one and its discount where nothing is reversed."""
    rate = draw(
        st.sampled_from(["0.13", "0.09", "0.06", "0.03", "0.01", "exempt", "not_taxable", "zero", ""])
    )
    amount = draw(st.decimals("0.01", "99999", places=2))
    if not rate:
        return [draw(st.sampled_from([_difference, _reduced]))(sign, amount, draw(st.integers(0, 100)))]
    quantity = draw(st.one_of(st.none(), st.integers(1, 999)))
    line = _price(rate, sign * amount) | {
        "name": f"*样例*{draw(texts)}",
        "specification": draw(st.one_of(st.just(""), texts)),
        "unit": draw(st.sampled_from(["", "个", "千克", "人·月"])),
        "quantity": quantity and str(sign * quantity),
        "unit_price": quantity and f"{(amount / quantity).quantize(Decimal('1e-13')):f}",
    }
    if sign < 0 or amount < 1 or not draw(st.booleans()):
        return [line]
    discount = _price(rate, -draw(st.decimals("0.01", amount, places=2)))
    empty = {"specification": "", "unit": "", "quantity": None, "unit_price": None}
    return [line | {"nature": "discounted"}, line | discount | empty | {"nature": "discount"}]


def _difference(sign: int, gross: Decimal, percent: int) -> dict[str, Any]:
    """差额征税 at 6 % with so many percent of the gross deducted; the red line splits it in proportion."""
    deduction = (gross * percent / 100).quantize(CENT)
    tax = ((gross - deduction) * 6 / 106).quantize(CENT, ROUND_HALF_UP)
    printed = {"printed_rate": "***", "deduction": f"{deduction}" if sign > 0 else None}
    return _bare("0.06", sign * (gross - tax), sign * tax) | printed


def _reduced(sign: int, gross: Decimal, _: int) -> dict[str, Any]:
    """5 % reduced to 1.5 %."""
    tax = (gross * 15 / 1050).quantize(CENT, ROUND_HALF_UP)
    reduced = {"printed_rate": "1.5%", "policy": "simplified_5_reduced_1_5"}
    return _bare("0.015", sign * (gross - tax), sign * tax) | reduced


def _bare(rate: str, amount: Decimal, tax: Decimal) -> dict[str, Any]:
    tax += Decimal("0.00")
    empty = {"unit": "", "quantity": None, "unit_price": None}
    sums = {"amount": f"{amount}", "tax": f"{tax}", "amount_with_tax": f"{amount + tax}"}
    return make_line(**empty, **sums, tax_rate=rate, printed_tax=f"{tax}")


def _price(rate: str, amount: Decimal) -> dict[str, Any]:
    percent = Decimal(0) if rate in _ZERO else Decimal(rate)
    tax = (amount * percent).quantize(CENT, ROUND_HALF_UP) + Decimal("0.00")
    taxed = {"printed_rate": f"{percent * 100:.0f}%", "printed_tax": f"{tax}"}
    return make_line(
        amount=f"{amount}", tax_rate=f"{percent}", tax=f"{tax}", amount_with_tax=f"{amount + tax}"
    ) | _ZERO.get(rate, taxed)


@st.composite
def invoices(draw: st.DrawFn) -> dict[str, Any]:
    """Blue or red, of the digital kinds."""
    is_red = draw(st.booleans())
    groups = draw(st.lists(lines(sign=-1 if is_red else 1), min_size=1, max_size=5))
    listed = [line | {"line_no": n} for n, line in enumerate((x for group in groups for x in group), start=1)]
    amount = sum(Decimal(line["amount"]) for line in listed)
    tax = sum(Decimal(line["tax"]) for line in listed)
    return make_invoice(
        *listed,
        kind=draw(st.sampled_from(["digital_special", "digital_ordinary"])),
        seller=draw(parties(SELLER)) | {"tax_id": SELLER["tax_id"]},
        buyer=draw(parties(BUYER)),
        totals={
            "amount": f"{amount}",
            "tax": f"{tax}",
            "amount_with_tax": f"{amount + tax}",
            "amount_with_tax_words": "壹圆整",
        },
        remarks=draw(remarks),
        drawer=draw(st.one_of(st.just(""), texts)),
        special_business=draw(businesses),
        red={"blue_number": NUMBER, "confirmation_number": "420100261100000001"} if is_red else None,
    )
