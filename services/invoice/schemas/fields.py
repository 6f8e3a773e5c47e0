"""Types of request fields: texts that can be printed, decimal strings and codes, each one Python call to check.

They refuse with the codes of `domain/refusals.py`, so that one table holds every text a client may read.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from libs.common.addresses import is_email
from libs.common.clock import SHANGHAI
from libs.common.problems import Invalid, Problem, UnprintableCharacter
from libs.common.text import clean_text
from services.invoice.domain.refusals import refuse

_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTE = re.compile(rf"{_DAY.pattern}( [0-9]{{2}}:[0-9]{{2}})?")
_PLAIN = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


class StrictModel(BaseModel):
    """Unknown fields are refused; a request does not change once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class NoFields(StrictModel):
    """Of a route to which nothing has to be said: `{}`, or no body at all."""


def _refusal(problem: Problem) -> PydanticCustomError:
    """For `libs.common.problem_answers`, which takes the problem out again and adds the pointer."""
    return PydanticCustomError("refused", "{error}", {"error": problem})


def _invalid(code: str, **values: object) -> PydanticCustomError:
    return _refusal(Invalid(errors=[refuse("", code, **values)]))


class _Field:
    """One plain validator function and its JSON Schema."""

    def parse(self, value: object) -> object:
        raise NotImplementedError

    def json_schema(self) -> dict[str, Any]:
        raise NotImplementedError

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.parse)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self.json_schema()


@dataclass(frozen=True)
class Text(_Field):
    """Printable text in NFC of at most `limit` characters; `pattern` with its own `code` narrows it further."""

    limit: int
    is_required: bool = False
    line_feeds: bool = False
    pattern: re.Pattern[str] | None = None
    code: str = ""

    def parse(self, value: object) -> str:
        if not isinstance(value, str):
            raise _invalid("string-type")
        if len(value) > self.limit:
            raise _invalid("string-too-long", limit=self.limit)
        try:
            text = clean_text(value, line_feeds=self.line_feeds)
        except UnprintableCharacter as problem:
            raise _refusal(problem) from None
        if len(text) > self.limit:
            raise _invalid("string-too-long", limit=self.limit)
        if self.is_required and not text.strip():
            raise _invalid("blank")
        if self.pattern is not None and not self.pattern.fullmatch(text):
            raise _invalid(self.code)
        return text

    def json_schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "string", "maxLength": self.limit}
        if self.is_required:
            schema["minLength"] = 1
        if self.pattern is not None:
            schema["pattern"] = f"^(?:{self.pattern.pattern})$"
        return schema


@dataclass(frozen=True)
class Address(Text):
    """An e-mail address that mail can be sent to, or an empty text."""

    def parse(self, value: object) -> str:
        address = super().parse(value)
        if address and not is_email(address):
            raise _invalid("email-format")
        return address


@dataclass(frozen=True)
class Moment(_Field):
    """A day that exists, as YYYY-MM-DD, kept as text; `minutes`: the time of day may follow it.

    None that begins before the year 1 in UTC, which could not be looked for.
    """

    minutes: bool = False

    def parse(self, value: object) -> str:
        if isinstance(value, str) and (_MINUTE if self.minutes else _DAY).fullmatch(value):
            with suppress(ValueError, OverflowError):
                datetime.fromisoformat(value).replace(tzinfo=SHANGHAI).astimezone(UTC)
                return value
        raise _invalid("not-a-day-or-minute" if self.minutes else "not-a-day")

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^(?:{(_MINUTE if self.minutes else _DAY).pattern})$"}


@dataclass(frozen=True)
class Number(_Field):
    """A plain decimal string or an integer, at most `digits` before and `decimals` after the point; never a float."""

    digits: int
    decimals: int
    may_be_zero: bool = False
    limit: Decimal | None = None

    def parse(self, value: object) -> Decimal:
        if isinstance(value, int):
            if abs(value) >= 10**self.digits:
                raise _invalid("too-many-digits", limit=self.digits)
            value = str(value)
        if not isinstance(value, str) or len(value) > 64 or not _PLAIN.fullmatch(value):
            raise _invalid("not-a-decimal")
        whole, _, fraction = value.partition(".")
        if len(whole.removeprefix("-")) > self.digits:
            raise _invalid("too-many-digits", limit=self.digits)
        if len(fraction) > self.decimals:
            raise _invalid("too-many-decimals", limit=self.decimals)
        return self._check_range(Decimal(value))

    def _check_range(self, number: Decimal) -> Decimal:
        if number.is_signed() and self.may_be_zero:
            raise _invalid("negative")
        if not self.may_be_zero and (number.is_signed() or not number):
            raise _invalid("not-positive")
        if self.limit is not None and number > self.limit:
            raise _invalid("too-large", limit=str(self.limit))
        return number

    def json_schema(self) -> dict[str, Any]:
        pattern = rf"^(?:0|[1-9][0-9]{{0,{self.digits - 1}}})(?:\.[0-9]{{1,{self.decimals}}})?$"
        least = 0 if self.may_be_zero else 1
        return {"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer", "minimum": least}]}


Amount = Annotated[Decimal, Number(digits=16, decimals=2)]
Tax = Annotated[Decimal, Number(digits=16, decimals=2, may_be_zero=True)]
Quantity = Annotated[Decimal, Number(digits=12, decimals=13)]
Rate = Annotated[Decimal, Number(digits=1, decimals=6, may_be_zero=True, limit=Decimal(1))]
Share = Annotated[Decimal, Number(digits=1, decimals=6, limit=Decimal(1))]

_CLASS_CODE = re.compile("[1-6][0-9]{18}")

Email = Annotated[str, Address(254)]
TaxClassCode = Annotated[str, Text(19, pattern=_CLASS_CODE, code="tax-class-code-format")]
