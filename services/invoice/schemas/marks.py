"""Bodies of the calls that tag and annotate, and their answers."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.fields import StrictModel, Text
from services.invoice.schemas.queries import InvoiceFilterFields

MOST_INVOICES = 10_000

Tag = Annotated[str, Text(32, is_required=True)]
Tags = Annotated[list[Tag], Field(max_length=50)]
MoreTags = Annotated[list[Tag], Field(max_length=50, default_factory=list)]


class TagsRequest(StrictModel):
    tags: Annotated[list[Tag], Field(min_length=1, max_length=50)]


class InvoiceChangesRequest(StrictModel):
    """What of an invoice can be edited: the whole list of its tags."""

    tags: Tags


class NoteRequest(StrictModel):
    text: Annotated[str, Text(1000, is_required=True, line_feeds=True)]


class BulkTagsRequest(StrictModel):
    """Either `ids` or `filter`, whose members are the list's filters; at most 10,000 invoices."""

    ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_INVOICES)] | None = None
    filter: InvoiceFilterFields | None = None
    add: MoreTags
    remove: MoreTags

    @model_validator(mode="after")
    def _is_clear(self) -> Self:
        if (self.ids is None) == (self.filter is None):
            raise PydanticCustomError("ids_or_filter", "Give either ids or filter")
        if not self.add and not self.remove:
            raise PydanticCustomError("add_or_remove", "Give tags to add or to remove")
        return self


class BulkTagsResponse(AnswerModel):
    """`matched` invoices were looked at, `changed` of them have other tags now."""

    matched: int
    changed: int


class TagColoursRequest(StrictModel):
    """Tag to colour: all colours of the tenant, as `#rrggbb`."""

    colours: Annotated[dict[Tag, Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]], Field(max_length=1000)]


class TagResponse(AnswerModel):
    tag: str
    colour: str | None


class TagListResponse(AnswerModel):
    items: list[TagResponse]
    next_cursor: None
