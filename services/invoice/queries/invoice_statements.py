"""The statements of the list: made of the filters that are given, one text for each combination.

NEAR reads along the sort order and stops at a full page or after WINDOW invoices: quick for what is common. FOUND looks
up all that fits by the most selective index, then sorts: quick for what is rare, which NEAR has shown it to be. SAMPLE
shows how far FOUND has to look for a page of what is common after all.
"""

from collections.abc import Collection, Iterator
from functools import cache
from itertools import count, islice, product
from typing import Literal

Sort = Literal["-issued_at", "issued_at", "-amount", "amount", "-number", "number"]

WINDOW = 4000

_COLUMNS = {
    "issued_at": ("v.sort_at", "timestamptz"),
    "amount": ("v.cents", "bigint"),
    "number": ("v.number_key", "text"),
}
# `{}` are the places of the values; `terms` holds numbers of domain/terms.py and is asked of its own table, `sample`
# too, of one invoice in 256; `edge` is where a page ends at the latest.
_CLAUSES = {
    "number": "v.number_key = {}::text",
    "code": "v.code = {}::text",
    "reference": "v.reference = {}::text",
    "kind": "v.kind = {}::text",
    "status": "v.status = {}::text",
    "reversal": "v.reversal = {}::text",
    "buyer": "strpos(split_part(v.search_text, E'\\n', 1), {}::text) > 0",
    "tax_id": "v.buyer_tax_id = {}::text",
    "issued_from": "v.sort_at >= {}::timestamptz and v.issued_at is not null",
    "issued_to": "v.sort_at <= {}::timestamptz and v.issued_at is not null",
    "amount_from": "v.cents >= ({}::numeric * 100)::bigint",
    "amount_to": "v.cents <= ({}::numeric * 100)::bigint",
    "tag": "v.tags @> array[{}::text]",
    "words": "not exists (select from unnest({}::text[]) as word where strpos(v.search_text, word) = 0)",
    "terms": "v.id in (select find_by_terms({}::bigint[], {}::bigint[], {}::bigint[], {}::bigint[]))",
    "sample": "v.id in (select sample_by_terms({}::bigint[], {}::bigint[], {}::bigint[], {}::bigint[]))",
    "edge": "{column} {until} {}::{kind}",
}
FILTERS = tuple(_CLAUSES)
# At most one invoice, or few: no need to look along the sort order.
SELECTIVE = frozenset({"number", "reference"})
# Ranges that an index in the sort order begins and ends with.
_RANGES = {
    "issued_at": frozenset({"issued_from", "issued_to"}),
    "amount": frozenset({"amount_from", "amount_to"}),
    "number": frozenset[str](),
}

_NEAR = """
select v.id, v.sort_key
from (
  select v.id, v.issued_at, v.sort_at, v.kind, v.code, v.number_key, v.reference, v.status, v.reversal, v.buyer_tax_id,
    v.cents, v.tags, v.search_text, {column} as sort_key
  from invoice_views v
  where v.tenant_id = $1{inside}
  order by {column} {direction}, v.id {direction}
  limit {window}
) as v
where true{outside}
order by v.sort_key {direction}, v.id {direction}
limit $2
"""
_FOUND = """
with found as materialized (
  select v.id, {column} as sort_key
  from invoice_views v
  where v.tenant_id = $1{inside}{outside}
)
select v.id, v.sort_key
from found v
order by v.sort_key {direction}, v.id {direction}
limit $2
"""
_SAMPLE = """
select {column} as sort_key
from invoice_views v
where v.tenant_id = $1{inside}{outside}
order by {column} {direction}
limit $2
"""
_PAGE = """
select v.id, v.sort_at, v.issued_at, v.issue_date, v.kind, v.code, v.number, v.reference, v.status, v.reversal,
  v.authority_state, v.red, v.buyer_name, v.buyer_tax_id, v.seller_name, v.amount, v.tax, v.amount_with_tax, v.cents,
  v.tags, v.status_updated_at, v.expected_final_by, d.documents
from ({chosen}) as chosen
join invoice_views v on v.tenant_id = $1 and v.id = chosen.id
left join archived_documents d on d.tenant_id = v.tenant_id and d.invoice_id = v.id
order by chosen.sort_key {direction}, v.id {direction}
"""


@cache
def near_statement(sort: Sort, given: Collection[str], *, has_cursor: bool) -> str:
    """$1 tenant, $2 how many, then the values of `given` in the order of FILTERS, then the cursor's key and id."""
    return _page(_NEAR, sort, given, has_cursor=has_cursor)


@cache
def found_statement(sort: Sort, given: Collection[str], *, has_cursor: bool) -> str:
    """Takes the same values as `near_statement`, and `terms` and `edge` among them."""
    return _page(_FOUND, sort, given, has_cursor=has_cursor)


@cache
def sample_statement(sort: Sort, given: Collection[str], *, has_cursor: bool) -> str:
    """The sort keys alone; takes the same values as `found_statement`."""
    return _choose(_SAMPLE, sort, given, has_cursor=has_cursor)


def _page(template: str, sort: Sort, given: Collection[str], *, has_cursor: bool) -> str:
    chosen = _choose(template, sort, given, has_cursor=has_cursor)
    return _PAGE.format(chosen=chosen, direction=_direction(sort))


def _direction(sort: Sort) -> str:
    return "desc" if sort.startswith("-") else "asc"


def _choose(template: str, sort: Sort, given: Collection[str], *, has_cursor: bool) -> str:
    field, direction = sort.removeprefix("-"), _direction(sort)
    column, kind = _COLUMNS[field]
    beyond = "<" if direction == "desc" else ">"
    names = [name for name in FILTERS if name in given]
    places = (f"${at}" for at in count(3))
    of_sort = {"column": column, "kind": kind, "until": f"{_OPPOSITE[beyond]}="}
    clauses = {name: _clause(name, places, of_sort) for name in names}
    inside = "".join(clauses.pop(name) for name in names if name in _RANGES[field])
    if has_cursor:
        inside += f"\n    and ({column}, v.id) {beyond} ({next(places)}::{kind}, {next(places)}::uuid)"
    return template.format(
        column=column, direction=direction, window=WINDOW, inside=inside, outside="".join(clauses.values())
    )


_OPPOSITE = {"<": ">", ">": "<"}


def _clause(name: str, places: Iterator[str], of_sort: dict[str, str]) -> str:
    clause = _CLAUSES[name]
    return "\n    and " + clause.format(*islice(places, clause.count("{}")), **of_sort)


@cache
def ids_statement(given: Collection[str]) -> str:
    """The ids of all that fits: $1 tenant, $2 how many, then the values."""
    places = (f"${at}" for at in count(3))
    clauses = "".join(_clause(name, places, {}) for name in FILTERS if name in given)
    return f"select v.id from invoice_views v where v.tenant_id = $1{clauses}\nlimit $2"  # noqa: S608


_SORTS: tuple[Sort, ...] = ("-issued_at", "issued_at", "-amount", "amount", "-number", "number")
_LOOKED_UP = frozenset({"terms", "sample", "edge"})
# Every filter in every order, with and without a cursor, so that a test can prepare them.
LIST_STATEMENTS = {
    (sort, name, has_cursor, make.__name__): make(sort, frozenset([name]), has_cursor=has_cursor)
    for sort, name, has_cursor, make in product(
        _SORTS, FILTERS, (False, True), (near_statement, found_statement, sample_statement)
    )
    if name not in _LOOKED_UP or make is not near_statement
} | {("every",): found_statement("-issued_at", frozenset(FILTERS), has_cursor=True)}
FIND_IDS = {name: ids_statement(frozenset([name])) for name in FILTERS if name != "edge"}
