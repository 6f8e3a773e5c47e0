"""JSON in, typed values out: no duplicate keys, floats, NaN, NUL, lone surrogates or unknown fields."""

import json
import re
from typing import NoReturn, TypeVar

import msgspec

from sandbox.serving.problems import MalformedJson, ValidationFailed

T = TypeVar("T")

PLACE = re.compile(r"^(?P<detail>.*?)(?: - at `(?:key in )?\$(?P<path>.*)`)?$", re.DOTALL)


def decode(body: bytes, kind: type[T]) -> T:
    """Raises MalformedJson, or ValidationFailed with a pointer to the first bad field."""
    return convert(parse(body), kind)


def convert(value: object, kind: type[T], *, strict: bool = True) -> T:
    """`strict=False` lets text stand for a number, as in a query string."""
    try:
        return msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        match = PLACE.match(str(error))
        detail, path = match.group("detail", "path") if match else (str(error), None)
        raise ValidationFailed(detail, pointer=make_pointer(path or "")) from None


def make_pointer(path: str) -> str:
    """`.lines[0].tax` becomes `/lines/0/tax`."""
    return path.replace("[", "/").replace("]", "").replace(".", "/")


def parse(body: bytes) -> object:
    """Raises MalformedJson."""
    try:
        value = json.loads(
            body.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_refuse_number,
            parse_constant=_refuse_number,
        )
        if b"\\ud" in body.lower():
            msgspec.json.encode(value)
    except RecursionError:
        raise MalformedJson("nested too deep") from None
    except ValueError as error:  # also bad UTF-8 and lone surrogates
        raise MalformedJson(str(error)) from None
    if b"\\u0000" in body:
        raise MalformedJson("the character U+0000 is not allowed")
    return value


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise MalformedJson("an object has a key twice")
    return result


def _refuse_number(text: str) -> NoReturn:
    raise MalformedJson(f"{text[:40]} is no integer; decimals are strings")
