"""Problems as HTTP answers, and the framework's own errors as problems."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from libs.common.context import current_correlation
from libs.common.problems import (
    FieldError,
    InternalError,
    Invalid,
    Malformed,
    MethodNotAllowed,
    NotFound,
    Problem,
    Unauthenticated,
    UnprintableCharacter,
    UnsupportedMediaType,
    json_pointer,
)

_BY_STATUS: Mapping[int, type[Problem]] = {
    400: Malformed,
    401: Unauthenticated,
    404: NotFound,
    405: MethodNotAllowed,
    415: UnsupportedMediaType,
}

# pydantic's error types in Chinese; `{…}` takes the error's context. Others fall back to a general sentence.
_CHINESE = {
    "missing": "缺少必填字段。",
    "extra_forbidden": "不认识该字段，请检查拼写。",
    "string_type": "应为字符串。",
    "string_too_short": "至少 {min_length} 个字符。",
    "string_too_long": "最多 {max_length} 个字符。",
    "string_pattern_mismatch": "格式不正确。",
    "bool_type": "应为 true 或 false。",
    "bool_parsing": "应为 true 或 false。",
    "int_type": "应为整数。",
    "int_parsing": "应为整数。",
    "greater_than_equal": "不得小于 {ge}。",
    "less_than_equal": "不得大于 {le}。",
    "list_type": "应为数组。",
    "tuple_type": "应为数组。",
    "too_short": "至少 {min_length} 项。",
    "too_long": "最多 {max_length} 项。",
    "literal_error": "只能取以下值之一：{expected}。",
    "enum": "只能取以下值之一：{expected}。",
    "uuid_parsing": "应为 UUID。",
    "uuid_type": "应为 UUID 字符串。",
    "model_attributes_type": "应为对象。",
    "model_type": "应为对象。",
    "dict_type": "应为对象。",
    "date_from_datetime_parsing": "应为日期（YYYY-MM-DD）。",
    "datetime_from_date_parsing": "应为 RFC 3339 时间。",
}
_MAX_ERRORS = 50


def problem_response(problem: Problem, instance: str, request_id: str) -> Response:
    """`application/problem+json` with Retry-After where it helps."""
    headers = {"cache-control": "no-store"}
    if problem.retry_after is not None:
        headers["retry-after"] = str(problem.retry_after)
    if problem.status == 401:
        headers["www-authenticate"] = problem.challenge
    if problem.status == 416:
        headers["content-range"] = f"bytes */{problem.values['size']}"
    if allow := problem.values.get("allow"):
        headers["allow"] = str(allow)
    body = msgspec.json.encode(problem.as_dict(instance=instance, request_id=request_id))
    return Response(body, problem.status, headers, media_type="application/problem+json")


def install_problem_handlers(app: FastAPI) -> None:
    """Every error of the application is answered as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(Exception, _on_failure)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class
    return problem_response(error, request.url.path, current_correlation().id)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    cause = error.__cause__
    if isinstance(cause, Problem):
        return await _on_problem(request, cause)
    values = {"allow": error.headers["Allow"]} if error.headers and "Allow" in error.headers else {}
    kind = _BY_STATUS.get(error.status_code, Malformed)
    return await _on_problem(request, kind(**values))  # type: ignore[arg-type]


async def _on_failure(request: Request, _: Exception) -> Response:
    """The framework raises the error again after this answer, so that `Edge` logs it."""
    return problem_response(InternalError(), request.url.path, current_correlation().id)


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    return await _on_problem(request, invalid_from(error.errors()))


def invalid_from(errors: Sequence[Any]) -> Problem:
    """pydantic's errors as one problem; a text rule raised inside a validator keeps its own code."""
    fields = [_field_error(error) for error in errors[:_MAX_ERRORS]]
    if any(field.code == UnprintableCharacter.code for field in fields):
        return UnprintableCharacter(errors=fields)
    return Invalid(errors=fields)


def _field_error(error: Mapping[str, Any]) -> FieldError:
    pointer = _pointer(error["loc"])
    context = error.get("ctx") or {}
    cause = context.get("error")
    if isinstance(cause, Problem):
        first = cause.errors[0] if cause.errors else None
        if first is not None:
            return FieldError(pointer + first.pointer, first.code, first.detail, first.detail_zh)
        return FieldError(pointer, cause.code, cause.detail, cause.detail_zh)
    kind = str(error["type"])
    expected = re.sub(", | or ", "、", str(context.get("expected", "…")))
    chinese = _CHINESE.get(kind, "该字段的值不符合要求。").format_map(_Lenient(context, expected=expected))
    return FieldError(pointer, kind.replace("_", "-"), _printable(error["msg"]), _printable(chinese))


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"


def _pointer(location: Sequence[int | str]) -> str:
    kind, *path = location
    if kind in {"query", "path", "header", "cookie"}:
        return _printable(f"?{path[0]}" if path else "?")
    return _printable(json_pointer(path))


def _printable(text: str) -> str:
    """Safe to encode and to show, whatever the client sent."""
    return text.encode("utf-8", "replace").decode()[:500]
