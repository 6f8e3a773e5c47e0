"""Tags and notes of an invoice: what a user adds to it without changing what is printed."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from libs.common.problems import FieldError, Invalid
from services.invoice.domain.invoice import Note

MOST_TAGS = 50
MOST_NOTES = 200


class Marked(Struct, frozen=True):
    """An invoice as far as tags and notes are concerned; `version` is that of the whole invoice."""

    id: UUID
    number: str | None
    reference: str | None
    version: int
    tags: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    code: str | None = None


def retag(marked: Marked, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Marked:
    """Without `remove`, then with `add` behind what stays, each once; the same value where nothing changes.

    Raises Invalid beyond MOST_TAGS.
    """
    kept = [tag for tag in marked.tags if tag not in remove]
    tags = tuple(dict.fromkeys([*kept, *add]))
    if tags == marked.tags:
        return marked
    if len(tags) > MOST_TAGS:
        detail = f"An invoice has at most {MOST_TAGS} tags."
        error = FieldError("/tags", "too-many-tags", detail, f"每张发票最多 {MOST_TAGS} 个标签。")
        raise Invalid(errors=[error])
    return replace(marked, tags=tags, version=marked.version + 1)


def annotate(marked: Marked, note: Note) -> Marked:
    """With the note behind the others; raises Invalid beyond MOST_NOTES."""
    if len(marked.notes) >= MOST_NOTES:
        detail = f"An invoice has at most {MOST_NOTES} notes."
        error = FieldError("/text", "too-many-notes", detail, f"每张发票最多 {MOST_NOTES} 条备注。")
        raise Invalid(errors=[error])
    return replace(marked, notes=(*marked.notes, note), version=marked.version + 1)
