"""Request bodies: UTF-8 JSON without duplicate keys, NaN, lone surrogates or deep nesting; and a route that uses it.

The route also refuses what it does not know in the query, so that a misspelt filter is not taken for none.
"""

import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from libs.common.problem_answers import invalid_from
from libs.common.problems import (
    FieldError,
    Invalid,
    Malformed,
    UnprintableCharacter,
    UnsupportedMediaType,
    json_pointer,
)

MAX_DEPTH = 32
_MAX_INTEGER_DIGITS = 19
_UNKNOWN = {"type": "extra_forbidden", "msg": "Extra inputs are not permitted"}  # as pydantic says it
_NESTED = (dict, list)  # a union would be made anew for every value


def parse_json(body: bytes) -> Any:
    """Raises Malformed (400) for what is no sound JSON, Invalid (422) for values no field could hold."""
    if body.startswith(b"\xef\xbb\xbf"):
        raise Malformed("The body starts with a byte order mark.", detail_zh="请求体以 BOM 开头。")
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_constant=_constant,
        )
    except UnicodeDecodeError:
        raise Malformed("The body is not UTF-8.", detail_zh="请求体不是 UTF-8 编码。") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:
        raise Malformed(f"The body is not JSON: {error}.", detail_zh="请求体不是合格的 JSON。") from None
    _check(value, (), has_escapes=b"\\u" in body)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Malformed(f"The key {twice!a} occurs twice.", detail_zh=f"键 {twice!a} 重复出现。")
    return fields


def _integer(digits: str) -> int | str:
    if len(digits) > _MAX_INTEGER_DIGITS:
        error = FieldError("", "integer-too-large", "An integer has at most 18 digits.", "整数最多 18 位。")
        raise Invalid(errors=[error])
    return int(digits)


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not JSON.", detail_zh=f"{name} 不是合格的 JSON 值。")


def _too_deep() -> Malformed:
    return Malformed(f"The body is nested deeper than {MAX_DEPTH}.", detail_zh=f"嵌套超过 {MAX_DEPTH} 层。")


def _check(value: Any, path: tuple[str | int, ...], *, has_escapes: bool) -> None:
    """Depth everywhere; NUL and lone surrogates where escapes could have smuggled them in."""
    if isinstance(value, str):
        if has_escapes:
            _check_text(value, path)
        return
    if not isinstance(value, _NESTED):
        return
    if len(path) >= MAX_DEPTH:
        raise _too_deep()
    for name, item in value.items() if isinstance(value, dict) else enumerate(value):
        if has_escapes and isinstance(name, str):
            _check_text(name, path)
        if isinstance(item, _NESTED) or (has_escapes and isinstance(item, str)):
            _check(item, (*path, name), has_escapes=has_escapes)


def _check_text(text: str, path: tuple[str | int, ...]) -> None:
    for character in text:
        if character == "\x00" or "\ud800" <= character <= "\udfff":
            code = f"U+{ord(character):04X}"
            detail, detail_zh = f"Remove {code}.", f"请删除字符 {code}。"
            error = FieldError(json_pointer(path), "unprintable-character", detail, detail_zh)
            raise UnprintableCharacter(errors=[error])


def check_media_type(request: Request) -> None:
    """Raises UnsupportedMediaType for what is not declared as plain JSON in UTF-8."""
    media_type, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "").removeprefix("charset=")
    if media_type.strip() != "application/json" or charset not in {"", "utf-8", "utf8"}:
        raise UnsupportedMediaType
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType


class StrictRequest(Request):
    """Parses the body once, strictly, before the framework looks at it."""

    async def load(self) -> None:
        body = await self.body()
        if not body:
            return
        check_media_type(self)
        self._json = parse_json(body)

    async def json(self) -> Any:
        return self._json


class StrictRoute(APIRoute):
    """`APIRouter(route_class=StrictRoute)`: known query parameters only; JSON bodies are parsed by `parse_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_json = self.body_field is not None and not self._takes_form()
        parameters = self._query_parameters()

        async def strict(request: Request) -> Response:
            if parameters is not None and self.is_strict(request):
                refuse_unknown(request, parameters)
            if takes_json:
                request = StrictRequest(request.scope, request.receive)
                await request.load()
            return await handle(request)

        return strict

    def is_strict(self, _: Request) -> bool:
        """Whether unknown query parameters are refused."""
        return True

    def _query_parameters(self) -> frozenset[str] | None:
        """None where a model takes the query and refuses the rest."""
        fields = list(query_fields(self.dependant))
        if any(hasattr(field.field_info.annotation, "model_fields") for field in fields):
            return None
        return frozenset(field.alias for field in fields)

    def _takes_form(self) -> bool:
        return any(
            type(field.field_info).__name__ in {"Form", "File"} for field in self.dependant.body_params
        )


class LinkRoute(StrictRoute):
    """Also opened by strangers, from a link to which messengers add parameters of their own."""

    def is_strict(self, request: Request) -> bool:
        return "authorization" in request.headers and "signature" not in request.query_params


def refuse_unknown(request: Request, parameters: frozenset[str]) -> None:
    """Raises Invalid (422) naming what is none of the `parameters`."""
    unknown = dict.fromkeys(name for name in request.query_params if name not in parameters)
    if unknown:
        raise invalid_from([{**_UNKNOWN, "loc": ("query", name)} for name in unknown])


def query_fields(dependant: Dependant) -> Iterator[Any]:
    """The query parameters of a handler and of what it depends on; a model counts as one."""
    yield from dependant.query_params
    for dependency in dependant.dependencies:
        yield from query_fields(dependency)
