"""One page of the list: looked for along the order, then where a sample says that it ends, then everywhere."""

from collections.abc import Callable
from itertools import chain
from typing import Any

from msgspec import Struct, structs

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.terms import cents_on_scale, digits_of, seconds_of
from services.invoice.queries.invoice_filters import Asked, InvoiceFilters, Values, read_terms, read_values
from services.invoice.queries.invoice_statements import (
    FILTERS,
    SELECTIVE,
    Sort,
    found_statement,
    near_statement,
    sample_statement,
)

# Where so many of the sample fit, fifteen hundred invoices do, within chance: more than any page has.
ENOUGH = 6
_SCALES: dict[str, tuple[str, Callable[[Any], int]]] = {
    "issued_at": ("time", seconds_of),
    "amount": ("sum", cents_on_scale),
    "number": ("number", digits_of),
}


class Search(Struct, frozen=True):
    """`key` is the cursor's: sort key and id of the last row seen, nothing on the first page."""

    tenant: TenantId
    filters: InvoiceFilters
    sort: Sort
    rows: int
    key: tuple[Any, ...]

    async def run(self, tx: Tx) -> list[Any]:
        """At most `rows` rows."""
        given = read_values(self.filters)
        if not SELECTIVE & given.keys():
            near = await self._fetch(tx, near_statement, given)
            if not given or len(near) == self.rows:
                return near
        asked = read_terms(self.tenant, self.filters)
        if asked is None:
            return await self._fetch(tx, found_statement, given)
        return await self._look_back(tx, given, asked) or await self._fetch(
            tx, found_statement, given | asked.values()
        )

    async def _look_back(self, tx: Tx, given: Values, asked: Asked) -> list[Any] | None:
        """A full page of what is common and lies far behind; None for what is rare."""
        sampled = await self._fetch(tx, sample_statement, given | asked.sampled(), rows=ENOUGH)
        if len(sampled) < ENOUGH:
            return None
        edge = sampled[-1]["sort_key"]
        near = self._until(asked, edge).values()
        page = await self._fetch(tx, found_statement, given | near | {"edge": (edge,)})
        return page if len(page) == self.rows else None

    def _until(self, asked: Asked, edge: Any) -> Asked:
        """From the cursor to the edge, on the scale of the order."""
        scale, place = _SCALES[self.sort.removeprefix("-")]
        begin, end = (None if at is None else place(at) for at in ((*self.key, None)[0], edge))
        first, last = (end, begin) if self.sort.startswith("-") else (begin, end)
        return structs.replace(asked, **{scale: getattr(asked, scale).within(first, last)})

    async def _fetch(
        self, tx: Tx, statement: Callable[..., str], values: Values, *, rows: int | None = None
    ) -> list[Any]:
        text = statement(self.sort, frozenset(values), has_cursor=bool(self.key))
        ordered = chain.from_iterable(values[name] for name in FILTERS if name in values)
        return await tx.fetch(text, self.tenant, rows or self.rows, *ordered, *self.key)
