"""Pages of lists that are ordered by id, newest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from libs.common.pagination import cut_page, decode_cursor
from services.auth.queries import LAST_ID
from services.auth.schemas import PageOf, PageRequest

T = TypeVar("T")


def first_before(page: PageRequest) -> UUID:
    """The id below which the page begins; raises Invalid for a forged cursor."""
    return LAST_ID if page.cursor is None else decode_cursor(page.cursor, tuple[UUID])[0]


def page_of(rows: Sequence[Any], answer: Callable[[Any], T], page: PageRequest, as_of: datetime) -> PageOf[T]:
    """Rows read with one more than the limit, each as its answer."""
    kept, next_cursor = cut_page(rows, page.limit, lambda row: (row.id,))
    return PageOf(items=[answer(row) for row in kept], next_cursor=next_cursor, as_of=as_of)
