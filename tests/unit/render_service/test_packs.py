"""Packing: one object per tenant and month, slices byte-exact, keys from the content."""

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.render.domain import DrawnDocument, build_packs
from tests.unit.render_service.make import make_pending

pytestmark = pytest.mark.fast


def test_pack_one_document_is_a_plain_file_named_by_its_hash() -> None:
    [pack] = build_packs([DrawnDocument(make_pending(), b"%PDF one")])
    sha256 = hashlib.sha256(b"%PDF one").hexdigest()
    assert pack.key == f"00000000-0000-0000-0000-000000000001/2026/11/{sha256}.pdf"
    assert (pack.content, pack.media_type) == (b"%PDF one", "application/pdf")
    assert [part[1:] for part in pack.parts] == [(sha256, 0, 8)]


def test_pack_two_tenants_never_share_an_object() -> None:
    drawn = [DrawnDocument(make_pending(n, tenant=n % 2), bytes([n])) for n in range(6)]
    packs = build_packs(drawn)
    assert [{part.document.key.tenant.int for part in pack.parts} for pack in packs] == [{0}, {1}]
    assert [pack.content for pack in packs] == [b"\0\2\4", b"\1\3\5"]


def test_pack_month_is_that_of_the_issue_day_in_shanghai() -> None:
    last_second = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC)
    midnight = datetime(2026, 11, 30, 16, tzinfo=UTC)
    drawn = [
        DrawnDocument(make_pending(1, issued_at=last_second), b"november"),
        DrawnDocument(make_pending(2, issued_at=midnight), b"december"),
    ]
    assert [pack.key.split("/")[1:3] for pack in build_packs(drawn)] == [["2026", "11"], ["2026", "12"]]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_pack_any_documents_every_slice_is_its_document(contents: list[bytes]) -> None:
    drawn = [DrawnDocument(make_pending(n), content) for n, content in enumerate(contents)]
    packs = build_packs(drawn)
    assert len(packs) == min(1, len(contents))
    for pack in packs:
        for part in pack.parts:
            content = contents[part.document.key.invoice.int]
            assert pack.content[part.offset : part.offset + part.length] == content
            assert part.sha256 == hashlib.sha256(content).hexdigest()
        assert {part.document.key.invoice.int for part in pack.parts} == set(range(len(contents)))


def test_pack_same_documents_in_another_order_same_object() -> None:
    drawn = [DrawnDocument(make_pending(n), bytes([n])) for n in range(5)]
    assert [pack.key for pack in build_packs(drawn)] == [pack.key for pack in build_packs(drawn[::-1])]
