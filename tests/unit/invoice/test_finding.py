"""Terms never miss what a word is part of; tags, notes and chains are pure values."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.common.problems import Invalid
from services.invoice.domain.history import FIRST_HASH, Entry, extend_chain
from services.invoice.domain.invoice import Note
from services.invoice.domain.marks import MOST_NOTES, MOST_TAGS, Marked, annotate, retag
from services.invoice.domain.terms import (
    NUMBER,
    SUM,
    TIME,
    Scale,
    cover,
    facet_terms,
    place_terms,
    text_terms,
    wanted_terms,
)
from services.invoice.queries.shared_timeline import mask

pytestmark = pytest.mark.fast

TENANT, OTHER = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
TEXTS = st.text(alphabet="武汉晴川有限公司ab 1%_*\n𠮷", max_size=30)
MARKED = Marked(TENANT, None, None, 1, ("a", "b"))
ENTRY = Entry(TENANT, UUID(int=3), UUID(int=4), NOW, "tags", "null", '["a"]', "user:1", "r", "")


@given(TEXTS, st.data())
def test_terms_of_a_part_are_among_those_of_the_text(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    assert wanted_terms(TENANT, part) <= text_terms(TENANT, text)


@pytest.mark.parametrize("scale", [TIME, SUM, NUMBER])
@given(st.data())
def test_cover_holds_what_lies_within_and_nothing_far_outside(scale: Scale, data: st.DataObject) -> None:
    places = st.integers(0, ends(scale) - 1) | st.integers(10**9, 10**9 + 10**6)
    first, place, last = sorted(data.draw(st.lists(places, min_size=3, max_size=3)))
    covering = set(cover(TENANT, scale, first, last))
    assert len(covering) < 1300
    assert terms_at(scale, first) & covering
    assert terms_at(scale, place) & covering
    assert terms_at(scale, last) & covering
    unit = 1 << scale.shifts[0]
    assert not terms_at(scale, first - unit) & covering
    assert not terms_at(scale, last + unit) & covering


def ends(scale: Scale) -> int:
    """No number of 18 digits is beyond."""
    return min(scale.end, 10**18)


def terms_at(scale: Scale, place: int) -> set[int]:
    """Those of an invoice that lies there on the scale; nothing beyond its ends."""
    if not 0 <= place < ends(scale):
        return set()
    at, cents, number = NOW, 0, None
    if scale is TIME:
        at = datetime.fromtimestamp(place, UTC)
    elif scale is SUM:
        cents = place - SUM.end // 2
    else:
        number = f"{place:018d}07"
    return place_terms(TENANT, at, cents, number)


def test_terms_differ_by_tenant_and_fit_a_bigint() -> None:
    text = "武汉𠮷a\U0010ffff"
    facets = facet_terms(TENANT, kind=["digital_special"], tag=["a", "b"])
    assert len(facets) == 3
    assert text_terms(TENANT, text).isdisjoint(text_terms(OTHER, text))
    largest = UUID(int=2**128 - 1)
    assert all(0 < term < 2**63 for term in text_terms(largest, text) | facet_terms(largest, tag=["a"]))


def test_retag_keeps_order_and_changes_nothing_without_need() -> None:
    assert retag(MARKED, add=["b", "c", "c"], remove=["a"]).tags == ("b", "c")
    assert retag(MARKED, add=["a"], remove=["x"]) is MARKED
    assert retag(MARKED, add=["c"]).version == 2


def test_marks_beyond_their_number_are_refused() -> None:
    with pytest.raises(Invalid):
        retag(MARKED, add=[f"t{number}" for number in range(MOST_TAGS - 1)])
    note = Note("x", "user:1", NOW)
    with pytest.raises(Invalid):
        annotate(replace(MARKED, notes=(note,) * MOST_NOTES), note)


def test_chain_depends_on_every_column_and_on_what_came_before() -> None:
    (link,) = extend_chain(0, FIRST_HASH, [ENTRY])
    changes = {
        "tenant": OTHER,
        "invoice_id": OTHER,
        "event_id": OTHER,
        "time": NOW.replace(microsecond=1),
        "field": "x",
        "old": '"x"',
        "new": '"x"',
        "actor": "x",
        "request_id": "x",
        "reason": "x",
    }
    assert changes.keys() == set(Entry.__struct_fields__)
    others = [
        extend_chain(0, FIRST_HASH, [replace(ENTRY, **{name: value})]) for name, value in changes.items()
    ]
    others += [extend_chain(1, FIRST_HASH, [ENTRY]), extend_chain(0, link.hash, [ENTRY])]
    assert len({link.hash, *(chain[0].hash for chain in others)}) == len(others) + 1


def test_chain_does_not_depend_on_how_json_is_spaced() -> None:
    spaced = replace(ENTRY, new='[ "a" ]')
    assert extend_chain(0, FIRST_HASH, [spaced])[0].hash == extend_chain(0, FIRST_HASH, [ENTRY])[0].hash


@pytest.mark.parametrize(
    ("text", "masked"), [("武汉某某商贸有限公司", "武***司"), ("个人", "***"), ("甲乙丙", "***")]
)
def test_mask_never_shows_nearly_all(text: str, masked: str) -> None:
    assert mask(text, 1) == masked
