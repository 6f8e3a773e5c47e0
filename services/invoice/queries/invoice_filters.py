"""What a list of invoices is narrowed by, as values of its statements."""

from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from msgspec import Struct

from libs.common.ids import TenantId
from services.invoice.domain.terms import (
    NUMBER,
    SUM,
    TIME,
    Scale,
    cents_on_scale,
    cover,
    facet_terms,
    seconds_of,
    wanted_terms,
)
from services.invoice.queries.invoice_statements import FILTERS

# The values of each clause that is asked, in the order of FILTERS.
Values = dict[str, tuple[Any, ...]]


class InvoiceFilters(Struct, frozen=True, kw_only=True):
    """None: not filtered. `words` are all looked for; `issued_*` and `amount_*` are inclusive."""

    number: str | None = None
    code: str | None = None
    reference: str | None = None
    kind: str | None = None
    status: str | None = None
    reversal: str | None = None
    buyer: str | None = None
    tax_id: str | None = None
    issued_from: datetime | None = None
    issued_to: datetime | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    tag: str | None = None
    words: tuple[str, ...] = ()


class Bounds(NamedTuple):
    """First and last place on a scale."""

    first: int
    last: int

    def within(self, first: int | None, last: int | None) -> "Bounds":
        """None leaves a side as it is."""
        return Bounds(
            self.first if first is None else max(first, self.first),
            self.last if last is None else min(last, self.last),
        )


class Asked(Struct, frozen=True):
    """The terms that fit all invoices looked for, and where on the scales they lie."""

    tenant: TenantId
    terms: frozenset[int]
    time: Bounds
    sum: Bounds
    number: Bounds

    def values(self) -> Values:
        """Of the clause `terms`."""
        bounds = ((TIME, self.time), (SUM, self.sum), (NUMBER, self.number))
        return {"terms": (list(self.terms), *(self._cover(*each) for each in bounds))}

    def sampled(self) -> Values:
        """Of the same clause for the sample."""
        return {"sample": self.values()["terms"]}

    def _cover(self, scale: Scale, bounds: Bounds) -> list[int] | None:
        return None if bounds == _whole(scale) else cover(self.tenant, scale, *bounds)


def read_values(filters: InvoiceFilters) -> Values:
    """Of the filters that are given."""
    values = {name: getattr(filters, name) for name in FILTERS if hasattr(filters, name)}
    if filters.buyer is not None:
        values["buyer"] = filters.buyer.lower()
    return {name: (value,) for name, value in values.items() if value not in {None, ()}}


def read_terms(tenant: TenantId, filters: InvoiceFilters) -> Asked | None:
    """What the inverted index can look up of the filters; None where it can not, or finds more than another index."""
    if filters.number is not None or filters.reference is not None:
        return None
    facets = {"kind": filters.kind, "tax_id": filters.tax_id, "tag": filters.tag}
    terms = facet_terms(tenant, **{name: [value] for name, value in facets.items() if value is not None})
    terms |= wanted_terms(tenant, " ".join([*filters.words, (filters.buyer or "").lower()]))
    if not terms:
        return None
    days = (filters.issued_from, filters.issued_to)
    time = _whole(TIME).within(*(None if at is None else seconds_of(at) for at in days))
    lowest, highest = (
        None if amount is None else cents_on_scale(int((amount * 100).to_integral_value(rounding)))
        for amount, rounding in ((filters.amount_from, ROUND_FLOOR), (filters.amount_to, ROUND_CEILING))
    )
    sums = _whole(SUM).within(lowest, highest)
    return Asked(tenant, frozenset(terms), time=time, sum=sums, number=_whole(NUMBER))


def _whole(scale: Scale) -> Bounds:
    return Bounds(0, scale.end - 1)
