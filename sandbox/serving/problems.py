"""What a caller of a sandbox program may be told, as RFC 9457 problems."""

from typing import ClassVar

import msgspec
from aiohttp import web


class Problem(Exception):  # noqa: N818 - the RFC's word
    """A subclass is an entry of the catalogue; the text is the detail."""

    status: ClassVar[int]
    code: ClassVar[str]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str = "", *, pointer: str | None = None) -> None:
        """`pointer` is the RFC 6901 pointer of the bad field, or `?name` for a query parameter."""
        super().__init__(detail or self.title)
        self.pointer = pointer


class MalformedJson(Problem):
    status = 400
    code = "malformed-json"
    title = "The body is not acceptable JSON"
    title_zh = "请求体不是合格的 JSON"


class ValidationFailed(Problem):
    status = 422
    code = "validation-failed"
    title = "The request is understood but its content is not acceptable"
    title_zh = "请求内容不符合要求"


class NotFound(Problem):
    status = 404
    code = "not-found"
    title = "There is no such resource"
    title_zh = "资源不存在"


class MethodNotAllowed(Problem):
    status = 405
    code = "method-not-allowed"
    title = "The resource does not support this method"
    title_zh = "该资源不支持此请求方法"


class Conflict(Problem):
    status = 409
    code = "conflict"
    title = "The request conflicts with what is held already"
    title_zh = "请求与已有内容冲突"


class BodyTooLarge(Problem):
    status = 413
    code = "body-too-large"
    title = "The request body is too large"
    title_zh = "请求体过大"


class UnsupportedMediaType(Problem):
    status = 415
    code = "unsupported-media-type"
    title = "Send Content-Type: application/json in UTF-8"
    title_zh = "请使用 Content-Type: application/json（UTF-8）"


class InternalError(Problem):
    status = 500
    code = "internal-error"
    title = "The sandbox failed; its log says why, under the request id"
    title_zh = "沙箱内部错误，日志中按请求编号记录"
    retryable = True


OF_STATUS: dict[int, type[Problem]] = {
    kind.status: kind for kind in (NotFound, MethodNotAllowed, BodyTooLarge)
}


def problem_response(problem: Problem, *, instance: str, request_id: str) -> web.Response:
    """The problem as `application/problem+json`."""
    body = {
        "type": f"/problems/{problem.code}",
        "code": problem.code,
        "title": problem.title,
        "title_zh": problem.title_zh,
        "status": problem.status,
        "detail": str(problem),
        "instance": instance,
        "request_id": request_id,
        "retryable": problem.retryable,
    }
    if problem.pointer is not None:
        body["errors"] = [{"pointer": problem.pointer, "code": problem.code, "detail": str(problem)}]
    return web.Response(
        body=msgspec.json.encode(body), status=problem.status, content_type="application/problem+json"
    )
