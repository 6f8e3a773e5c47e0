"""Keyset pagination: bounded limits and opaque cursors that survive inserts."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from pydantic import Field

from libs.common.problems import FieldError, Invalid
from libs.common.request_models import StrictModel

T = TypeVar("T")

# Above every id, so that the first page needs no statement of its own.
LAST_ID = UUID(int=2**128 - 1)


class PageParameters(StrictModel):
    """The query parameters of every list; others are refused."""

    limit: int = Field(default=50, ge=1, le=200, description="Items a page")
    cursor: str | None = Field(default=None, max_length=500, description="`next_cursor` of the page before")


def encode_cursor(*keys: object) -> str:
    """The sort keys of the last row of a page as an opaque text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).rstrip(b"=").decode()


def decode_cursor(cursor: str, shape: type[T]) -> T:
    """The sort keys, checked against the tuple `shape`; a forged or cut cursor is Invalid."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        keys: Any = msgspec.json.decode(text, type=shape)
    except (msgspec.MsgspecError, binascii.Error, ValueError, UnicodeError):
        raise forged_cursor() from None
    if not all(_is_storable(key) for key in keys):
        raise forged_cursor()
    return keys  # type: ignore[no-any-return]


def id_below(cursor: str | None) -> UUID:
    """Where a page begins of a list that is ordered by id, newest first."""
    return LAST_ID if cursor is None else decode_cursor(cursor, tuple[UUID])[0]


def _is_storable(key: object) -> bool:
    """Whether Postgres can take it: a forged key may be of the right type and still beyond all bounds."""
    match key:
        case str():
            return "\0" not in key
        case int():
            return abs(key) < 2**63
        case Decimal():
            return key.is_finite() and abs(key.adjusted()) < 100
        case datetime():
            return key.tzinfo is not None and 1 < key.year < 9999
    return True


def forged_cursor() -> Invalid:
    """The cursor is none of ours, or of another list."""
    return Invalid(
        errors=[
            FieldError(
                "?cursor",
                "cursor",
                "Use next_cursor of an earlier page of the same list as it is.",
                "请原样使用同一列表上一页的 next_cursor。",
            )
        ]
    )


def cut_page(rows: Sequence[T], limit: int, key: Any) -> tuple[Sequence[T], str | None]:
    """Rows read with `limit + 1` become a page and the next one's cursor; `key(row)` gives the sort keys."""
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], encode_cursor(*key(rows[limit - 1]))
