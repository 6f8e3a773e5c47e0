"""Entity tags: what a client has seen, and which version its edit is based on."""

import pytest

from libs.common.answers import etag_of, expected_version, is_seen, resource_answer
from libs.common.problems import PreconditionFailed

pytestmark = pytest.mark.fast


@pytest.mark.parametrize(
    ("header", "seen"),
    [
        (None, False),
        ("", False),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ("*", True),
        ('"b"', False),
        ("a", False),
    ],
)
def test_if_none_match_compares_tags_weakly(header: str | None, seen: bool) -> None:
    assert is_seen('"a"', header) is seen


def test_tag_follows_the_bytes_and_begins_with_the_version() -> None:
    assert etag_of(b"a") != etag_of(b"b")
    assert etag_of(b"a", 3) == f'"3-{etag_of(b"a")[1:]}'


@pytest.mark.parametrize(("header", "version"), [(None, None), ("", None), ("*", None), ('"7"', 7)])
def test_if_match_names_the_version(header: str | None, version: int | None) -> None:
    assert expected_version(header) == version
    assert expected_version(etag_of(b"a", 7)) == 7


@pytest.mark.parametrize("header", ['W/"7"', "7", '"x"', '"7", "8"', '"9999999999"', etag_of(b"a")])
def test_if_match_foreign_tag_is_refused(header: str) -> None:
    with pytest.raises(PreconditionFailed):
        expected_version(header)


def test_resource_seen_before_is_304_without_a_body() -> None:
    etag = etag_of(b"{}")
    answer = resource_answer(b"{}", etag, if_none_match=etag)
    assert (answer.status_code, answer.body, answer.headers["etag"]) == (304, b"", etag)
    assert resource_answer(b"{}", etag).status_code == 200
