"""Pages of lists that are ordered by id, newest first."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from libs.common.pagination import PageParameters, cut_page
from services.auth.schemas import PageOf

T = TypeVar("T")


def page_of(
    rows: Sequence[Any], answer: Callable[[Any], T], page: PageParameters, as_of: datetime
) -> PageOf[T]:
    """Rows read with one more than the limit, each as its answer."""
    kept, next_cursor = cut_page(rows, page.limit, lambda row: (row.id,))
    return PageOf(items=[answer(row) for row in kept], next_cursor=next_cursor, as_of=as_of)
