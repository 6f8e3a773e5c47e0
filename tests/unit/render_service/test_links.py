"""Signed links: accepted as they were given, refused after any change or after their time."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.common.ids import InvoiceId, TenantId
from services.render.domain import DocumentKey
from services.render.errors import DocumentLinkInvalid
from services.render.links import LINK_LIFE, Link, build_url, make_link, read_link

pytestmark = pytest.mark.fast

NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)
SECRET = b"a secret of 32 characters or more"
KEY = DocumentKey(TenantId(UUID(int=7)), InvoiceId(UUID(int=9)), "pdf", 2)
LINK = make_link(KEY, "api_key:00000000-0000-0000-0000-000000000001", now=NOW)


def _split(url: str) -> tuple[str, str, dict[str, str]]:
    parts = urlsplit(url)
    *_, invoice, _, file_format = parts.path.split("/")
    return invoice, file_format, dict(parse_qsl(parts.query))


def _read(url: str, now: datetime = NOW, changes: dict[str, str] | None = None) -> Link:
    invoice, file_format, query = _split(url)
    return read_link(invoice, file_format, query | (changes or {}), SECRET, now=now)


def test_link_as_given_is_read_back() -> None:
    url = build_url("https://invoices.example/", LINK, SECRET)
    assert url.startswith(f"https://invoices.example/v1/invoices/{UUID(int=9)}/documents/pdf?version=2&")
    assert _read(url) == LINK


def test_link_works_for_fifteen_minutes_and_no_longer() -> None:
    url = build_url("http://h", LINK, SECRET)
    assert _read(url, NOW + LINK_LIFE - timedelta(seconds=1)) == LINK
    with pytest.raises(DocumentLinkInvalid, match="expired"):
        _read(url, NOW + LINK_LIFE)


@given(
    name=st.sampled_from(["version", "tenant", "by", "expires", "signature"]),
    value=st.one_of(st.text(), st.integers().map(str), st.uuids().map(str)),
)
def test_link_with_any_part_changed_is_refused(name: str, value: str) -> None:
    url = build_url("http://h", LINK, SECRET)
    _, _, query = _split(url)
    if value == query[name]:
        return
    try:
        assert _read(url, changes={name: value}) == LINK  # written otherwise, but the same
    except DocumentLinkInvalid:
        return


@pytest.mark.parametrize("missing", ["version", "tenant", "by", "expires"])
def test_link_with_a_part_missing_is_refused(missing: str) -> None:
    invoice, file_format, query = _split(build_url("http://h", LINK, SECRET))
    del query[missing]
    with pytest.raises(DocumentLinkInvalid):
        read_link(invoice, file_format, query, SECRET, now=NOW)


@pytest.mark.parametrize(
    ("invoice", "file_format"), [(str(UUID(int=8)), "pdf"), (str(UUID(int=9)), "ofd"), ("x", "pdf")]
)
def test_link_for_another_document_is_refused(invoice: str, file_format: str) -> None:
    _, _, query = _split(build_url("http://h", LINK, SECRET))
    with pytest.raises(DocumentLinkInvalid):
        read_link(invoice, file_format, query, SECRET, now=NOW)


def test_link_signed_with_another_key_is_refused() -> None:
    url = build_url("http://h", LINK, b"another secret of 32 characters..")
    with pytest.raises(DocumentLinkInvalid, match="changed"):
        _read(url)


def test_link_actor_with_separators_cannot_pose_as_other_fields() -> None:
    shifted = Link(KEY._replace(version=1), f"x\n{LINK.actor}", LINK.expires_at)
    assert build_url("http://h", shifted, SECRET) != build_url("http://h", LINK, SECRET)
