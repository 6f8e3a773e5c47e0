"""Keyset pages: a cursor is the place of the last entry shown."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Cursor = Annotated[str, Meta(pattern=r"^[0-9]{1,18}\Z")]
BEGINNING = "0"


class Page(msgspec.Struct, frozen=True):
    """`next_cursor` is null on the last page."""

    items: list[dict[str, Any]]
    next_cursor: str | None


def make_page(entries: list[tuple[int, dict[str, Any]]], limit: int) -> Page:
    """From entries with their places, one more than the limit if there is a next page."""
    shown = entries[:limit]
    return Page(
        items=[entry for _, entry in shown],
        next_cursor=str(shown[-1][0]) if len(entries) > limit else None,
    )
