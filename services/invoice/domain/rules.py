"""A rule pack: rates, policies, tolerances, limits, kinds and tax classes as they stand from a day on.

The values come from data files (`services/invoice/data`), because they change by announcement, not by release.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from services.invoice.domain.kinds import InvoiceKind, KindCatalogue, QrCode


class Policy(StrEnum):
    """优惠政策标识; the bureau's two-digit code stands in the rule pack."""

    SIMPLIFIED = "simplified"
    RARE_EARTH = "rare_earth"
    EXEMPT = "exempt"
    NOT_TAXABLE = "not_taxable"
    REFUND_AFTER_LEVY = "refund_after_levy"
    FULL_REFUND_AFTER_LEVY = "full_refund_after_levy"
    HALF_REFUND_AFTER_LEVY = "half_refund_after_levy"
    SIMPLIFIED_3 = "simplified_3"
    SIMPLIFIED_5 = "simplified_5"
    SIMPLIFIED_5_REDUCED_1_5 = "simplified_5_reduced_1_5"
    REFUND_30 = "refund_30"
    REFUND_50 = "refund_50"
    REFUND_70 = "refund_70"
    REFUND_100 = "refund_100"
    OVER_3_REFUND = "over_3_refund"
    OVER_8_REFUND = "over_8_refund"
    OVER_12_REFUND = "over_12_refund"
    OVER_6_REFUND = "over_6_refund"
    SIMPLIFIED_2 = "simplified_2"
    SIMPLIFIED_3_REDUCED_1_5 = "simplified_3_reduced_1_5"


class ZeroRate(StrEnum):
    """零税率标识: why the rate is 0."""

    EXPORT = "export"
    NOT_TAXED = "not_taxed"
    ORDINARY = "ordinary"


class RateRule(Struct, frozen=True):
    """A rate, its last day, and whether it stands only beside a policy that names it."""

    rate: Decimal
    until: date | None = None
    needs_policy: bool = False


class PolicyRule(Struct, frozen=True):
    """`rates` empty: any rate above 0. `base_rate`: tax = sum with tax ÷ (1 + base) × rate."""

    code: str
    name_zh: str
    rates: tuple[Decimal, ...] = ()
    base_rate: Decimal | None = None
    printed_rate: str | None = None
    zero_rate: ZeroRate | None = None
    is_allowed_on_special: bool = True


class ZeroRateRule(Struct, frozen=True):
    """`policy`: the one policy this mark goes with; None when it goes with none."""

    code: str
    name_zh: str
    policy: Policy | None = None
    is_allowed_on_special: bool = True


class Tolerances(Struct, frozen=True):
    """Inclusive limits in yuan: declared tax of a line, of an invoice, and quantity × price against the amount."""

    line_tax: Decimal
    invoice_tax: Decimal
    product: Decimal


class Limits(Struct, frozen=True):
    """Lines including discount lines, lengths in characters, and the largest sum of money."""

    lines: int
    remarks: int
    line_name: int
    short_name: int
    amount: Decimal


class SpecialBusiness(Struct, frozen=True):
    """特定要素: a business that needs fields of its own."""

    code: str
    name_zh: str


class Doubt(Struct, frozen=True):
    """What of a pack is not confirmed; `pointer` leads into it."""

    pointer: str
    note: str
    note_zh: str


class RulePack(Struct, frozen=True):
    """Everything dated that pricing and checking need; `id` is the first day it is in force.

    A pack names the policies of its time; a policy that is not in it cannot be chosen.
    """

    id: str
    summary: str
    summary_zh: str
    uncertain: tuple[Doubt, ...]
    rates: dict[Decimal, RateRule]
    policies: dict[Policy, PolicyRule]
    zero_rates: dict[ZeroRate, ZeroRateRule]
    tolerances: Tolerances
    limits: Limits
    kinds: KindCatalogue
    special_business: dict[str, SpecialBusiness]
    short_names: dict[str, str]

    def base_rate(self, policy: Policy | None) -> Decimal | None:
        """The levy rate that a reduced levy starts from, if the policy is one."""
        rule = None if policy is None else self.policies.get(policy)
        return None if rule is None else rule.base_rate

    def qr_code(self, kind: InvoiceKind) -> QrCode:
        """The kind's code in the QR text; raises ValueError for a kind that cannot be issued."""
        code = self.kinds[kind].codes.qr
        if code is None:
            raise ValueError(f"{kind} has no QR code")
        return code
