"""Names of documents as the columns of one statement."""

from collections.abc import Sequence
from uuid import UUID

from services.render.domain import DocumentKey


def columns(keys: Sequence[DocumentKey]) -> tuple[list[UUID], list[UUID], list[str], list[int]]:
    return (
        [key.tenant for key in keys],
        [key.invoice for key in keys],
        [key.format for key in keys],
        [key.version for key in keys],
    )
