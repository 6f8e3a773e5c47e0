"""What a preview is drawn from: the answer of a dry run, as somebody sends it on. It is a stranger's until it is read.

The contract of the face says what stands there; here is only how far it is trusted.
"""

import re
from typing import Annotated, Any, Literal

import msgspec

from libs.common.contracts.invoice_document import FaceDocument, LineDocument, TotalsDocument
from libs.common.problems import FieldError, Invalid, UnprintableCharacter, json_pointer
from libs.common.strict_json import parse_json
from libs.common.text import clean_text
from services.render.structured.json_document import Kind

MOST_LINES = 2000  # as many as can be issued
MOST_CHARACTERS = 500  # of any text; remarks have at most 450

Money = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,16}\.[0-9]{2}$")]
Figure = Annotated[str, msgspec.Meta(pattern=r"^-?[0-9]{1,16}(\.[0-9]{1,13})?$")]
Tax = Annotated[str, msgspec.Meta(pattern=r"^(-?[0-9]{1,16}\.[0-9]{2}|\*\*\*)$")]
Short = Annotated[str, msgspec.Meta(max_length=40)]

Path = tuple[str | int, ...]


class DraftLine(LineDocument, frozen=True, kw_only=True):
    """A printed line with figures that can be added up."""

    line_no: Annotated[int, msgspec.Meta(ge=1, le=MOST_LINES)]
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    specification: Short
    unit: Short
    quantity: Figure | None
    unit_price: Figure | None
    amount: Money
    tax_rate: Figure
    tax: Money
    amount_with_tax: Money
    printed_rate: Short
    printed_tax: Tax
    deduction: Money | None = None


class DraftTotals(TotalsDocument, frozen=True, kw_only=True):
    amount: Money
    tax: Money
    amount_with_tax: Money


class Draft(FaceDocument, frozen=True, kw_only=True):
    """An invoice that was tried and not issued: it has no number, no date and nothing that follows from them."""

    status: Literal["draft"]
    kind: Kind
    number: None
    code: None
    check_code: None = None
    issue_date: None
    issued_at: None
    qr_text: None
    lines: Annotated[tuple[DraftLine, ...], msgspec.Meta(min_length=1, max_length=MOST_LINES)]
    totals: DraftTotals


def read_draft(content: bytes) -> dict[str, Any]:
    """What stands on the face, every text in NFC. Raises Malformed, Invalid and UnprintableCharacter with the place."""
    value = parse_json(content)
    try:
        draft = msgspec.convert(value, Draft)
    except msgspec.ValidationError as error:
        raise Invalid(errors=[_name_place(str(error))]) from None
    cleaned: dict[str, Any] = _clean(msgspec.to_builtins(draft), ())
    return cleaned


_PLACED = re.compile(r"(?P<text>.*) - at `\$(?P<place>.*)`", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_MISSING = re.compile(r"Object missing required field `(\w+)`")


def _name_place(message: str) -> FieldError:
    """msgspec's words with a pointer instead of its path."""
    placed = _PLACED.fullmatch(message)
    text, place = (placed["text"], placed["place"]) if placed else (message, "")
    pointer = json_pointer(name or number for name, number in _STEP.findall(place))
    if missing := _MISSING.fullmatch(text):
        return FieldError(f"{pointer}/{missing[1]}", "missing", "Field required", "缺少必填字段。")
    return FieldError(pointer, "value-error", text, "该字段的值不符合要求。")


def _clean(value: Any, path: Path) -> Any:
    if isinstance(value, str):
        return _clean_text(value, path)
    if isinstance(value, dict):
        return {name: _clean(item, (*path, name)) for name, item in value.items()}
    if isinstance(value, list | tuple):
        if len(value) > MOST_LINES:
            raise _refuse(path, "too-long", f"At most {MOST_LINES} items.", f"最多 {MOST_LINES} 项。")
        return [_clean(item, (*path, number)) for number, item in enumerate(value)]
    return value


def _clean_text(text: str, path: Path) -> str:
    if len(text) > MOST_CHARACTERS:
        most = MOST_CHARACTERS
        raise _refuse(path, "string-too-long", f"At most {most} characters.", f"最多 {most} 个字符。")
    try:
        return clean_text(text, line_feeds=path == ("remarks",))
    except UnprintableCharacter as problem:
        error = FieldError(json_pointer(path), problem.code, problem.detail, problem.detail_zh)
        raise UnprintableCharacter(problem.detail, detail_zh=problem.detail_zh, errors=[error]) from None


def _refuse(path: Path, code: str, text: str, text_zh: str) -> Invalid:
    return Invalid(errors=[FieldError(json_pointer(path), code, text, text_zh)])
