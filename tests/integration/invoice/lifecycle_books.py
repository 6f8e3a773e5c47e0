"""The model: what must be true of one taxpayer's invoices after any steps. Pure, and written apart from the service.

It takes from the service what only the service can know (ids, numbers, when the authority's word came) and works out
all else: states, reversals, what is left of each line, quota, twins.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LIVE = frozenset({"01", "02", "03", "04"})
OPEN = frozenset({"not_submitted", "submitted", "outcome_unknown", "waiting_operator"})


def to_cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Part:
    """Of one line: how many, for how much without tax, and the tax. `rate` decides the tax of a part of it."""

    quantity: int
    amount: Decimal
    tax: Decimal
    rate: Decimal

    def minus(self, other: "Part") -> "Part":
        return Part(
            self.quantity - other.quantity, self.amount - other.amount, self.tax - other.tax, self.rate
        )

    @property
    def is_empty(self) -> bool:
        return not self.amount and not self.tax


@dataclass(eq=False)
class Entry:
    """An invoice; `number` is with its code. `lines` are by number of the (blue) line and positive.

    `twin`: what a business twin has in common. `is_unasked`: a red invoice that the bureau issued by itself.
    `by_amount`: lines that were once taken by amount. `is_used`: the buyer has booked it. `end`, `red_end`: what the
    bureau's word will be, on itself and on its red invoices.
    """

    id: str
    reference: str | None
    lines: dict[int, Part]
    created: date
    end: str = "confirmed"
    red_end: str = "confirmed"
    status: str = "issued"
    state: str = "not_submitted"
    number: str | None = None
    issue_date: date | None = None
    blue: "Entry | None" = None
    form: "Form | None" = None
    twin: str | None = None
    kind: str = "digital_ordinary"
    is_local: bool = True
    is_unasked: bool = False
    is_used: bool = False
    by_amount: set[int] = field(default_factory=set)

    @property
    def amount(self) -> Decimal:
        total = sum((part.amount for part in self.lines.values()), ZERO)
        return total if self.blue is None else -total

    @property
    def is_paper(self) -> bool:
        return self.kind.startswith("paper")

    @property
    def is_reversible(self) -> bool:
        return self.blue is None and self.status == "issued" and self.state != "refused"


@dataclass(eq=False)
class Form:
    """A red-letter form. What a live one takes, nobody else can."""

    id: str
    blue: Entry
    takes: dict[int, Part]
    state: str
    opened: datetime
    red: Entry | None = None
    replacement: dict[str, Any] | None = None


@dataclass
class Books:
    """All entries and forms of a taxpayer."""

    is_local: bool
    entries: dict[str, Entry] = field(default_factory=dict)
    forms: dict[str, Form] = field(default_factory=dict)

    def blues(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.blue is None]

    def add(self, entry: Entry) -> Entry:
        """A new invoice, as the answer to its request shows it; on paper it is numbered from the taxpayer's stock."""
        entry.is_local = self.is_local or entry.is_paper
        entry.status = "issued" if entry.is_local else "pending"
        entry.issue_date = entry.created if entry.is_local else None
        self.entries[entry.id] = entry
        return entry

    def left(self, blue: Entry) -> dict[int, Part]:
        """Of each line what no live form holds."""
        takes = [form.takes for form in self.forms.values() if form.blue is blue and form.state in LIVE]
        return _without(blue.lines, takes)

    def reversal(self, blue: Entry) -> str:
        reds = [
            entry.lines for entry in self.entries.values() if entry.blue is blue and entry.status == "issued"
        ]
        if not reds:
            return "none"
        rests = _without(blue.lines, reds).values()
        assert all(rest.amount >= 0 and rest.tax >= 0 and rest.quantity >= 0 for rest in rests), blue
        return "full" if all(rest.is_empty for rest in rests) else "partial"

    def may_be_voided(self, entry: Entry, today: date) -> bool:
        """On paper, in its month, as long as nothing of it is taken back or about to be."""
        is_open = any(form.blue is entry and form.state in LIVE for form in self.forms.values())
        return (
            entry.is_paper
            and entry.is_reversible
            and not is_open
            and self.reversal(entry) == "none"
            and _month(entry.issue_date) == _month(today)
        )

    def price(self, blue: Entry, wanted: dict[int, tuple[str, Decimal]] | None) -> dict[int, Part]:
        """What a form takes: the rest is taken as it is, never worked out again, so that all comes back to the cent."""
        left = self.left(blue)
        if wanted is None:
            return {line_no: rest for line_no, rest in left.items() if not rest.is_empty}
        return {line_no: _take(left[line_no], *how) for line_no, how in wanted.items()}

    def find_twin(self, twin: str | None) -> Entry | None:
        """The invoice that stands in the way of another like it."""
        if twin is None:
            return None
        return next((each for each in self.blues() if each.twin == twin and not self._has_ended(each)), None)

    def _has_ended(self, entry: Entry) -> bool:
        return entry.status in {"rejected", "voided"} or self.reversal(entry) == "full"

    def quota(self, *, at_bureau: bool = False) -> dict[str, tuple[Decimal, Decimal]]:
        """Used and reserved by month; at the bureau only what it has accepted."""
        used: dict[str, Decimal] = defaultdict(Decimal)
        reserved: dict[str, Decimal] = defaultdict(Decimal)
        for entry in self.entries.values():
            if entry.status == "issued" and (entry.state == "confirmed" or not at_bureau):
                used[_month(entry.issue_date)] += entry.amount if _counts(entry) else ZERO
            elif entry.status == "pending" and entry.blue is None and not at_bureau:
                reserved[_month(entry.created)] += entry.amount
        return {
            month: (used[month], reserved[month])
            for month in used.keys() | reserved.keys()
            if used[month] or reserved[month]
        }

    def observe(self, seen: dict[str, Any]) -> None:
        """The authority's word as it arrived: when it likes, but only the right one, and once."""
        for entry in self.entries.values():
            row = seen[entry.id]
            if entry.state in {"confirmed", "refused"} or row["authority_state"] in OPEN:
                continue
            entry.state = row["authority_state"]
            assert entry.state == entry.end, entry
            if not entry.is_local:
                entry.status = "rejected" if entry.state == "refused" else "issued"
                entry.issue_date = row["issue_date"]
                if entry.status == "rejected" and entry.form is not None:
                    entry.form.red = None


def _without(lines: dict[int, Part], takes: list[dict[int, Part]]) -> dict[int, Part]:
    rests = dict(lines)
    for take in takes:
        for line_no, part in take.items():
            rests[line_no] = rests[line_no].minus(part)
    return rests


def _take(rest: Part, how: str, value: Decimal) -> Part:
    if how == "quantity":
        quantity = int(value)
        if quantity == rest.quantity:
            return rest
        amount = to_cents(rest.amount / rest.quantity * quantity)
    else:
        quantity, amount = 0, value
        if amount == rest.amount:
            return Part(0, rest.amount, rest.tax, rest.rate)
    return Part(quantity, amount, min(rest.tax, to_cents(amount * rest.rate)), rest.rate)


def _counts(entry: Entry) -> bool:
    """A red invoice frees quota in the month of its blue one only."""
    return entry.blue is None or _month(entry.blue.issue_date) == _month(entry.issue_date)


def _month(day: date | None) -> str:
    assert day is not None
    return f"{day:%Y%m}"
