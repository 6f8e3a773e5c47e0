"""What a stranger sends as a dry run's answer is drawn or refused by name; nothing else ever happens."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.clock import utc_now
from libs.common.problems import Invalid, Malformed
from services.invoice.schemas.answers import InvoiceResponse
from services.render.preview.document import PreviewFormat, draw_preview
from services.render.preview.draft import MOST_CHARACTERS, MOST_LINES, read_draft
from services.render.preview.errors import InvoiceUndrawable
from tests.unit.invoice.test_invoice_special_business import CONSTRUCTION, FREIGHT, LEASE, PASSENGERS, SALE

pytestmark = pytest.mark.fast

EXAMPLE: dict[str, Any] = json.loads(Path("services/render/preview/example.json").read_text("utf-8"))
LINE: dict[str, Any] = EXAMPLE["lines"][0]
FORMATS: tuple[PreviewFormat, ...] = ("pdf", "ofd", "xml")


def refusal(changes: dict[str, Any]) -> tuple[str, str]:
    """Pointer and code of the first error."""
    with pytest.raises(Invalid) as refused:
        read_draft(json.dumps(EXAMPLE | changes).encode())
    error = refused.value.errors[0]
    return error.pointer, error.code


def test_example_is_an_answer_of_the_invoice_service() -> None:
    InvoiceResponse.model_validate_json(json.dumps(EXAMPLE))
    assert EXAMPLE.keys() == InvoiceResponse.model_fields.keys()


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"lines": []}, "/lines", "value-error"),
        ({"lines": [LINE] * (MOST_LINES + 1)}, "/lines", "value-error"),
        ({"lines": [LINE, {**LINE, "amount": "1e5"}]}, "/lines/1/amount", "value-error"),
        ({"lines": [{**LINE, "printed_tax": "免税"}]}, "/lines/0/printed_tax", "value-error"),
        ({"lines": [{**LINE, "quantity": 12}]}, "/lines/0/quantity", "value-error"),
        ({"buyer": {"tax_id": ""}}, "/buyer/name", "missing"),
        ({"kind": "roll"}, "/kind", "value-error"),
        ({"status": "pending"}, "/status", "value-error"),
        ({"number": "26422000000000000001"}, "/number", "value-error"),
        ({"special_business": {"type": "fishing"}}, "/special_business/type", "value-error"),
        ({"remarks": "长" * (MOST_CHARACTERS + 1)}, "/remarks", "string-too-long"),
        ({"remarks": "a\u200bb"}, "/remarks", "unprintable-character"),
        ({"remarks": "\ud800"}, "/remarks", "unprintable-character"),
        ({"drawer": "张\n三"}, "/drawer", "unprintable-character"),
        ({"lines": [{**LINE, "name": "键盘\U0001f600"}]}, "/lines/0/name", "unprintable-character"),
    ],
)
def test_draft_that_no_dry_run_answers_is_refused_with_its_place(
    changes: dict[str, Any], pointer: str, code: str
) -> None:
    assert refusal(changes) == (pointer, code)


def test_draft_with_too_many_rows_of_a_business_is_refused() -> None:
    row = dict.fromkeys(("origin", "destination", "vehicle_number", "goods"), "甲") | {"transport": "road"}
    business = {"type": "freight", "rows": [row] * (MOST_LINES + 1)}
    assert refusal({"special_business": business}) == ("/special_business/rows", "too-long")


@pytest.mark.parametrize("content", [b"", b"[", b"\xff", b'{"kind": Infinity}', b'{"a":1,"a":2}', b"[" * 99])
def test_draft_that_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        read_draft(content)


def test_draft_that_finds_no_room_is_refused_with_the_reason() -> None:
    seller = EXAMPLE["seller"] | {"name": "长" * MOST_CHARACTERS}
    for file_format in ("pdf", "ofd"):
        with pytest.raises(InvoiceUndrawable, match="seller_name"):
            draw_preview(json.dumps(EXAMPLE | {"seller": seller}).encode(), file_format, None, now=utc_now())


def test_draft_is_read_with_composed_characters_and_line_feeds_of_remarks() -> None:
    read = read_draft(json.dumps(EXAMPLE | {"remarks": "cafe\u0301\n二"}).encode())
    assert read["remarks"] == "caf\u00e9\n二"


def is_drawn_or_refused(body: dict[str, Any], file_format: PreviewFormat) -> bool:
    """Anything else is raised."""
    try:
        return draw_preview(json.dumps(body).encode(), file_format, None, now=utc_now()) != b""
    except (Malformed, Invalid) as refused:
        return refused.status in {400, 422}


BUSINESSES = [CONSTRUCTION, FREIGHT, LEASE, PASSENGERS, SALE]


def test_preview_is_dated_as_if_it_were_issued_now_in_china() -> None:
    late = datetime(2026, 11, 24, 18, 4, 5, tzinfo=UTC)
    xml = draw_preview(json.dumps(EXAMPLE).encode(), "xml", None, now=late)
    assert b"<IssueTime>2026-11-25</IssueTime>" in xml
    assert b"<RequestTime>2026-11-25 02:04:05</RequestTime>" in xml


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["1.00", "***", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)


@given(
    st.dictionaries(st.sampled_from(sorted(EXAMPLE)), VALUES, max_size=2),
    st.dictionaries(st.sampled_from(sorted(LINE)), VALUES, max_size=2),
    st.dictionaries(st.sampled_from(sorted(EXAMPLE["buyer"])), VALUES, max_size=2),
    st.sampled_from(FORMATS),
)
def test_draft_of_a_stranger_is_drawn_or_refused_and_nothing_else(
    changes: dict[str, Any], line: dict[str, Any], buyer: dict[str, Any], file_format: PreviewFormat
) -> None:
    body = EXAMPLE | {"lines": [LINE | line], "buyer": EXAMPLE["buyer"] | buyer} | changes
    assert is_drawn_or_refused(body, file_format)


@given(st.sampled_from(BUSINESSES), st.text(max_size=10), VALUES)
def test_draft_with_a_business_of_strange_texts_is_drawn_or_refused(
    business: dict[str, Any], text: str, value: Any
) -> None:
    fields = [name for name in business if name not in {"type", "rows", "is_cross_city"}]
    changed = business | dict.fromkeys(fields[:1], text) | dict.fromkeys(fields[1:2], value)
    if "rows" in business:
        changed["rows"] = [{**row, "origin": text, "destination": value} for row in business["rows"]]
    assert is_drawn_or_refused(EXAMPLE | {"special_business": changed}, "pdf")
