"""What other rules would change of an issued invoice: only a difference between the two packs counts."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from services.invoice.data.rule_packs import load_rule_pack
from services.invoice.domain.duplicates import duplicate_key_of
from services.invoice.domain.parties import Buyer
from services.invoice.domain.replay import Printed, find_change, rebuild_command
from services.invoice.domain.rules import Policy
from tests.unit.invoice.making import (
    DAY,
    INVOICES,
    RULES,
    make_body,
    make_draft,
    make_line,
    price,
    worked_body,
)

pytestmark = pytest.mark.fast

LATER = load_rule_pack("2028-01-01", date(2028, 1, 1))


def make_printed(body: dict[str, Any], **changes: Any) -> Printed:
    priced = price(body)
    printed = Printed(
        kind=priced.command.kind,
        buyer=priced.command.buyer,
        lines=priced.lines,
        remarks=priced.remarks,
        special_business=priced.command.special_business,
    )
    return replace(printed, **changes)


def test_fault_that_both_packs_find_is_no_change() -> None:
    """An invoice may have been issued when its buyer's id was not looked at."""
    printed = make_printed(
        make_body(make_line(amount="100.00", tax_rate="0.01")), buyer=Buyer("甲", "91110108MA01KPGP0L")
    )
    assert find_change(printed, RULES, RULES) is None
    change = find_change(printed, RULES, LATER)
    assert change is not None
    assert [(error.pointer, error.code) for error in change.errors] == [
        ("/lines/0/tax_rate", "rate-not-allowed")
    ]


def test_reduced_levy_from_another_base_changes_the_sums() -> None:
    policy = Policy.SIMPLIFIED_5_REDUCED_1_5
    body = make_body(
        make_line(
            name="*经营租赁*住房", tax_rate="0.015", policy=policy.value, amount="5250.00", tax_included=True
        )
    )
    other = replace(
        RULES, policies={**RULES.policies, policy: replace(RULES.policies[policy], base_rate=Decimal("0.03"))}
    )
    printed = make_printed(body)
    # The tax that was printed is another one than these rules allow; without that the sums would differ.
    change = find_change(printed, RULES, other)
    assert change is not None
    assert [error.code for error in change.errors] == ["tax-tolerance"]
    lenient = replace(
        other, tolerances=replace(other.tolerances, line_tax=Decimal("9.00"), invoice_tax=Decimal("9.00"))
    )
    change = find_change(printed, RULES, lenient)
    assert change is not None
    assert change.errors == ()
    assert change.after is not None
    assert (change.after.amount, change.after.tax) == (Decimal("5173.54"), Decimal("76.46"))


@pytest.mark.parametrize(
    "worked",
    [w for w in INVOICES.values() if w["blue"] and w["checks"]["expect"] == "accept"],
    ids=lambda w: str(w["id"]),
)
def test_rebuilt_request_gives_the_invoice_again(worked: Any) -> None:
    priced = price(worked_body(worked))
    again = rebuild_command(make_printed(worked_body(worked)), RULES)
    assert again.remarks == priced.command.remarks
    assert find_change(make_printed(worked_body(worked)), RULES, RULES) is None


def test_duplicate_key_is_of_one_day_and_of_invoices_without_reference() -> None:
    draft = make_draft(reference=None)
    assert duplicate_key_of(draft, DAY) == duplicate_key_of(make_draft(reference=""), DAY)
    assert duplicate_key_of(draft, DAY) != duplicate_key_of(draft, date(2026, 11, 25))
    assert duplicate_key_of(make_draft(reference="SO-1"), DAY) is None
