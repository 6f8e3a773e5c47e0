"""What can be refused before any arithmetic: kind, parties, names, rates, policies and the form of each line.

Every check yields all field errors it finds, so that a caller corrects an invoice in one go.
"""

from collections.abc import Iterable, Iterator

from libs.common.problems import FieldError
from services.invoice.domain.issue_invoice import Channel, IssueInvoice, RequestedLine
from services.invoice.domain.parties import Buyer
from services.invoice.domain.printing import print_remarks
from services.invoice.domain.refusals import refuse
from services.invoice.domain.rules import Policy, RulePack
from services.invoice.domain.special_business import POINTER, check_business, read_business
from services.invoice.domain.tax_classes import find_short_name, is_not_taxable_class, split_name
from services.invoice.domain.tax_ids import TaxIdForm, classify_tax_id, expected_check_character


def check_invoice(command: IssueInvoice, rules: RulePack) -> Iterator[FieldError]:
    """Everything about the invoice but its lines."""
    kind = rules.kinds[command.kind]
    if not kind.is_issuable:
        yield refuse("/kind", "kind-not-available", kind=kind)
    yield from _check_special_business(command, rules)
    yield from check_buyer(command.buyer, is_special=kind.is_special)
    yield from _check_delivery(command)
    yield from _check_whole(command, rules)
    if len(print_remarks(command)) > rules.limits.remarks:
        yield refuse("/remarks", "remarks-too-long", limit=rules.limits.remarks)


def check_buyer(buyer: Buyer, *, is_special: bool) -> Iterator[FieldError]:
    """The id must be sound where there is one; a special invoice needs an organisation with an id."""
    form = classify_tax_id(buyer.tax_id) if buyer.tax_id else None
    if form is TaxIdForm.MALFORMED:
        yield refuse("/buyer/tax_id", "tax-id-format")
    if form is TaxIdForm.WRONG_CHECK_DIGIT:
        expected = expected_check_character(buyer.tax_id)
        yield refuse("/buyer/tax_id", "tax-id-check-digit", found=buyer.tax_id[17], expected=expected)
    if is_special and form is None:
        yield refuse("/buyer/tax_id", "buyer-tax-id-required")
    if is_special and form is TaxIdForm.IDENTITY_CARD:
        yield refuse("/buyer/tax_id", "buyer-not-organisation")
    if is_special and buyer.is_individual:
        yield refuse("/buyer/is_individual", "buyer-not-organisation")


def check_line(
    line: RequestedLine, pointer: str, rules: RulePack, *, is_special: bool
) -> Iterator[FieldError]:
    """Everything about one line but its sums; `pointer` is `/lines/0`."""
    yield from _check_name(line, pointer, rules)
    yield from _check_rate(line, pointer, rules)
    yield from _check_zero_rate(line, pointer, rules)
    if is_special and not _is_allowed_on_special(line, rules):
        yield refuse(f"{pointer}/policy" if line.policy else f"{pointer}/zero_rate", "not-on-special")
    yield from _check_form(line, pointer)
    yield from _check_taxation(line, pointer, rules)


def _check_special_business(command: IssueInvoice, rules: RulePack) -> Iterator[FieldError]:
    if command.special_business is None:
        return
    business = read_business(command.special_business)
    if business is None:
        name = _name_special_business(command.special_business, rules)
        yield refuse(POINTER, "special-business-not-supported", name=name)
    else:
        yield from check_business(business, command.lines)


def _name_special_business(special_business: dict[str, object], rules: RulePack) -> str:
    name = special_business.get("type")
    known = rules.special_business.get(name) if isinstance(name, str) else None
    return f"{name} ({known.code} {known.name_zh})" if known else "特定业务"


def _check_delivery(command: IssueInvoice) -> Iterator[FieldError]:
    deliver = command.deliver
    if deliver and Channel.EMAIL in deliver.channels and not (deliver.to.email or command.buyer.email):
        yield refuse("/deliver/to/email", "deliver-email-missing")


def _check_whole(command: IssueInvoice, rules: RulePack) -> Iterator[FieldError]:
    """What lines must have in common."""
    if len(command.lines) > rules.limits.lines:
        yield refuse("/lines", "too-many-lines", limit=rules.limits.lines)
    if len(command.lines) > 1 and any(line.deduction is not None for line in command.lines):
        yield refuse("/lines", "deduction-alone")
    if command.discount_amount is None:
        return
    if any(line.discount is not None for line in command.lines):
        yield refuse("/discount_amount", "coupon-with-discount")
    if any(line.deduction is not None for line in command.lines):
        yield refuse("/discount_amount", "deduction-with-discount")


def _check_name(line: RequestedLine, pointer: str, rules: RulePack) -> Iterator[FieldError]:
    short_name, name = split_name(line.name)
    if not name.strip():
        yield refuse(f"{pointer}/name", "blank")
    if len(name) > rules.limits.line_name:
        yield refuse(f"{pointer}/name", "name-too-long", limit=rules.limits.line_name)
    if short_name is None:
        if find_short_name(line.tax_class_code, rules.short_names) is None:
            yield refuse(f"{pointer}/name", "short-name-unknown")
    elif not short_name.strip():
        yield refuse(f"{pointer}/name", "blank")
    elif len(short_name) > rules.limits.short_name:
        yield refuse(f"{pointer}/name", "short-name-too-long", limit=rules.limits.short_name)
    if is_not_taxable_class(line.tax_class_code) and line.policy is not Policy.NOT_TAXABLE:
        yield refuse(f"{pointer}/policy", "class-needs-not-taxable")
    if line.policy is Policy.NOT_TAXABLE and not is_not_taxable_class(line.tax_class_code):
        yield refuse(f"{pointer}/tax_class_code", "policy-needs-class-6")


def _check_rate(line: RequestedLine, pointer: str, rules: RulePack) -> Iterator[FieldError]:
    rate = rules.rates.get(line.tax_rate)
    if line.policy is not None and line.policy not in rules.policies:
        yield refuse(f"{pointer}/policy", "policy-not-available", policy=line.policy, day=rules.id)
    elif rate is None:
        yield refuse(f"{pointer}/tax_rate", "rate-not-allowed", expected=_list(rules.rates))
    elif line.policy is not None:
        allowed = rules.policies[line.policy].rates
        if line.tax_rate not in allowed if allowed else not line.tax_rate:
            expected = _list(allowed) or "> 0"
            yield refuse(f"{pointer}/tax_rate", "policy-rate-mismatch", policy=line.policy, expected=expected)
    elif rate.needs_policy:
        policies = _list(policy for policy, rule in rules.policies.items() if line.tax_rate in rule.rates)
        yield refuse(f"{pointer}/policy", "rate-needs-policy", rate=line.tax_rate, expected=policies)


def _check_zero_rate(line: RequestedLine, pointer: str, rules: RulePack) -> Iterator[FieldError]:
    if line.zero_rate is None:
        if not line.tax_rate and line.policy is None:
            yield refuse(f"{pointer}/zero_rate", "zero-rate-unexplained")
        return
    if line.tax_rate:
        yield refuse(f"{pointer}/zero_rate", "zero-rate-needs-rate-0")
    policy = rules.zero_rates[line.zero_rate].policy
    if policy is not line.policy:
        expected = f"policy {policy}" if policy else "no policy"
        pointer = f"{pointer}/zero_rate"
        yield refuse(pointer, "zero-rate-policy-mismatch", zero_rate=line.zero_rate, expected=expected)


def _is_allowed_on_special(line: RequestedLine, rules: RulePack) -> bool:
    rule = None if line.policy is None else rules.policies.get(line.policy)
    policy = rule is None or rule.is_allowed_on_special
    return policy and (line.zero_rate is None or rules.zero_rates[line.zero_rate].is_allowed_on_special)


def _check_form(line: RequestedLine, pointer: str) -> Iterator[FieldError]:
    """Quantity and unit price, or amount, or all three; a discount by rate or by amount."""
    if line.unit_price is not None and line.quantity is None:
        yield refuse(f"{pointer}/quantity", "quantity-missing")
    elif line.amount is None and line.unit_price is None:
        yield refuse(f"{pointer}/amount", "amount-missing")
    if line.discount is not None and (line.discount.rate is None) == (line.discount.amount is None):
        yield refuse(f"{pointer}/discount", "discount-form")


def _check_taxation(line: RequestedLine, pointer: str, rules: RulePack) -> Iterator[FieldError]:
    """Difference taxation and the reduced levy start from sums with tax."""
    is_reduced = rules.base_rate(line.policy) is not None
    if (is_reduced or line.deduction is not None) and not line.tax_included:
        yield refuse(f"{pointer}/tax_included", "tax-included-needed")
    if line.deduction is None:
        return
    if is_reduced or not line.tax_rate:
        yield refuse(f"{pointer}/deduction", "deduction-needs-rate")
    if line.discount is not None:
        yield refuse(f"{pointer}/discount", "deduction-with-discount")


def _list(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
