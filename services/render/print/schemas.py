"""What requests about printing say and what they are answered; lengths are decimal strings in millimetres."""

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, PlainValidator, WithJsonSchema

from libs.common.money import plain
from libs.common.problems import FieldError, Invalid
from libs.common.request_models import StrictBody, StrictModel, printable, refusal
from services.render.print.desk import MOST_INVOICES
from services.render.print.printers import Printer
from services.render.print.profiles import Profile, ProfileName
from services.render.print.troubles import Trouble

MOST_MILLIMETRES = 20
_PLAIN = r"-?[0-9]{1,2}(\.[0-9]{1,2})?"


def read_offset(value: object) -> Decimal:
    """Millimetres with at most two decimals, between −20 and 20."""
    text = str(value) if type(value) is int else value
    if isinstance(text, str) and re.fullmatch(_PLAIN, text) and abs(Decimal(text)) <= MOST_MILLIMETRES:
        return Decimal(text) + 0  # no −0
    error = FieldError(
        "",
        "offset",
        "Give millimetres from -20 to 20 with at most two decimals, as in 1.5.",
        "请填写 -20 至 20 毫米，最多两位小数，例如 1.5。",
    )
    raise refusal(Invalid(errors=[error]))


_OFFSET_SCHEMA = {
    "anyOf": [
        {"type": "string", "pattern": f"^{_PLAIN}$"},
        {"type": "integer", "minimum": -MOST_MILLIMETRES, "maximum": MOST_MILLIMETRES},
    ],
    "examples": ["1.5"],
}
Millimetres = Annotated[Decimal, PlainValidator(read_offset), WithJsonSchema(_OFFSET_SCHEMA)]
PrinterName = Annotated[str, Field(max_length=64), printable(64, is_required=True)]


class PrinterBody(StrictBody):
    """How a printer's prints are moved on its paper."""

    profile: ProfileName
    dx: Annotated[Millimetres, Field(description="To the right")] = Decimal(0)
    dy: Annotated[Millimetres, Field(description="Down")] = Decimal(0)


class PrintBatchBody(StrictModel):
    """A selection for one file; what is left open is the printer's, or the invoice's own page unmoved."""

    invoice_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_INVOICES)]
    profile: ProfileName | None = None
    printer: PrinterName | None = None
    dx: Millimetres | None = None
    dy: Millimetres | None = None


class PrinterItem(BaseModel):
    """A saved printer; its ETag is `version`."""

    name: str
    profile: ProfileName
    dx: str
    dy: str
    version: int
    updated_at: datetime
    updated_by: str


class PrinterList(BaseModel):
    """Every printer of the tenant by name; there is never a second page."""

    items: list[PrinterItem]
    next_cursor: None = None
    as_of: datetime


class PaperSize(BaseModel):
    """In mm; `height` is null where the paper is as long as what stands on it."""

    width: str
    height: str | None


class PaperPlace(BaseModel):
    """Where a page of the invoice stands, at full size, from the upper left corner of the paper."""

    x: str
    y: str
    width: str
    height: str


class PaperMargins(BaseModel):
    """What a printer may leave blank without a loss."""

    top: str
    right: str
    bottom: str
    left: str


class PrintProfileItem(BaseModel):
    """One paper. For `values_only` kinds nothing but the values is printed, over pre-printed stock."""

    name: ProfileName
    title: str
    title_zh: str
    description: str
    description_zh: str
    paper: PaperSize
    pages_per_sheet: int
    places: list[PaperPlace]
    margins: PaperMargins
    values_only: list[str]
    test_page: str = Field(description="Path of a page to measure")


class PrintProfileList(BaseModel):
    """Every profile; there is never a second page."""

    items: list[PrintProfileItem]
    next_cursor: None = None
    as_of: datetime


class Step(BaseModel):
    """One sentence in both languages."""

    text: str
    text_zh: str


class TroubleItem(BaseModel):
    """What goes wrong at a printer: how to find out why, then what to do. `test_page` where measuring one helps."""

    code: str
    title: str
    title_zh: str
    checks: list[Step]
    steps: list[Step]
    test_page: bool


class TroubleList(BaseModel):
    """The whole guide, the commonest first; there is never a second page."""

    items: list[TroubleItem]
    next_cursor: None = None
    as_of: datetime


def describe_printer(printer: Printer) -> PrinterItem:
    return PrinterItem(
        name=printer.name,
        profile=printer.profile,
        dx=f"{plain(printer.dx):f}",
        dy=f"{plain(printer.dy):f}",
        version=printer.version,
        updated_at=printer.updated_at,
        updated_by=printer.updated_by,
    )


def describe_profile(name: ProfileName, profile: Profile) -> PrintProfileItem:
    return PrintProfileItem(
        name=name,
        title=profile.title,
        title_zh=profile.title_zh,
        description=profile.description,
        description_zh=profile.description_zh,
        paper=PaperSize(width=f"{profile.width:g}", height=f"{profile.height:g}" if profile.height else None),
        pages_per_sheet=max(1, len(profile.slots)),
        places=[PaperPlace(**_millimetres(slot)) for slot in profile.slots],
        margins=PaperMargins(**_millimetres(profile.margins)),
        values_only=list(profile.stock),
        test_page=f"/v1/print-profiles/{name}/test-page",
    )


def describe_trouble(trouble: Trouble) -> TroubleItem:
    def steps(sentences: Sequence[tuple[str, str]]) -> list[Step]:
        return [Step(text=text, text_zh=text_zh) for text, text_zh in sentences]

    return TroubleItem(
        code=trouble.code,
        title=trouble.title,
        title_zh=trouble.title_zh,
        checks=steps(trouble.checks),
        steps=steps(trouble.steps),
        test_page=trouble.test_page,
    )


def _millimetres(lengths: tuple[float, ...]) -> dict[str, str]:
    names: tuple[str, ...] = lengths._fields  # type: ignore[attr-defined] # of a named tuple
    return {name: f"{length:g}" for name, length in zip(names, lengths, strict=True)}
