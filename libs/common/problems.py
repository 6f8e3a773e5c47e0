"""Errors as RFC 9457 problems with a stable code and Chinese and English text.

Domain code raises the classes below; only `libs.common.problem_answers` turns them into HTTP answers. A service's own
errors are short subclasses in its `errors.py`. Every subclass appears in `docs/problems.md`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One bad field; `pointer` is an RFC 6901 pointer into the body, or `?name` for a query parameter."""

    pointer: str
    code: str
    detail: str
    detail_zh: str


def json_pointer(path: Iterable[str | int]) -> str:
    """RFC 6901: `/lines/0/name`."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


class Problem(Exception):  # noqa: N818 - the RFC's word
    """Base of everything a client may be told. Class attributes are the catalogue's entry."""

    code: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[str]
    title_zh: ClassVar[str]
    remedy: ClassVar[str]
    remedy_zh: ClassVar[str]
    retryable: ClassVar[bool] = False
    challenge: ClassVar[str] = "Bearer"
    """The WWW-Authenticate header of a 401."""

    def __init__(
        self,
        detail: str = "",
        *,
        detail_zh: str = "",
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        **values: object,
    ) -> None:
        """`values` are extension members of the answer (for instance the earlier invoice's id)."""
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.detail_zh = detail_zh or self.title_zh
        self.errors = tuple(errors)
        self.retry_after = retry_after
        self.values = values

    def as_dict(self, *, instance: str, request_id: str) -> dict[str, object]:
        """The `application/problem+json` body."""
        body: dict[str, object] = {
            "type": f"/problems/{self.code}",
            "code": self.code,
            "title": self.title,
            "title_zh": self.title_zh,
            "status": self.status,
            "detail": self.detail,
            "detail_zh": self.detail_zh,
            "instance": instance,
            "request_id": request_id,
            "retryable": self.retryable,
            "remedy": self.remedy,
            "remedy_zh": self.remedy_zh,
        }
        if self.errors:
            body["errors"] = [msgspec.to_builtins(error) for error in self.errors]
        return {**body, **self.values}


class Invalid(Problem):
    code = "validation-failed"
    status = 422
    title = "The request is understood but its content is not acceptable"
    title_zh = "请求内容不符合要求"
    remedy = "Correct the fields listed under errors and send the request again."
    remedy_zh = "请按 errors 中列出的字段逐一更正后重新提交。"


class Malformed(Problem):
    code = "malformed-json"
    status = 400
    title = "The body is not acceptable JSON"
    title_zh = "请求体不是合格的 JSON"
    remedy = "Send UTF-8 JSON without duplicate keys, NaN or Infinity, nested at most 32 deep."
    remedy_zh = "请发送 UTF-8 编码的 JSON：键不重复，不含 NaN 或 Infinity，嵌套不超过 32 层。"


class Unauthenticated(Problem):
    code = "unauthenticated"
    status = 401
    title = "A valid credential is required"
    title_zh = "需要有效的身份凭证"
    remedy = "Send `Authorization: Bearer` with a current access token or an active API key."
    remedy_zh = "请在 Authorization: Bearer 中携带有效的访问令牌或已启用的 API 密钥。"


class Forbidden(Problem):
    code = "forbidden"
    status = 403
    title = "The credential does not allow this"
    title_zh = "当前凭证无权执行该操作"
    remedy = "Ask an administrator of your tenant for the scope or role that is named."
    remedy_zh = "请联系本租户管理员授予所需的权限或角色。"


class NotFound(Problem):
    code = "not-found"
    status = 404
    title = "There is no such resource"
    title_zh = "资源不存在"
    remedy = "Check the address and the id; objects of other tenants are not visible."
    remedy_zh = "请检查地址与编号；其他租户的数据不可见。"


class MethodNotAllowed(Problem):
    code = "method-not-allowed"
    status = 405
    title = "The resource does not support this method"
    title_zh = "该资源不支持此请求方法"
    remedy = "Use one of the methods in the Allow header."
    remedy_zh = "请使用 Allow 头中列出的方法。"


class Conflict(Problem):
    code = "conflict"
    status = 409
    title = "The request conflicts with the present state"
    title_zh = "请求与当前状态冲突"
    remedy = "Load the resource again and decide on its present state."
    remedy_zh = "请重新读取资源，依据最新状态再决定。"


class PreconditionFailed(Problem):
    code = "precondition-failed"
    status = 412
    title = "The resource has changed since it was read"
    title_zh = "资源在读取之后已被修改"
    remedy = "Load the resource again and repeat the edit with its new ETag."
    remedy_zh = "请重新读取资源，用新的 ETag 再次提交修改。"


class BodyTooLarge(Problem):
    code = "body-too-large"
    status = 413
    title = "The request body is too large"
    title_zh = "请求体过大"
    remedy = (
        "Keep the body under 2 MiB (previews: 6 MiB, files to verify: 10 MiB, bulk jobs: 64 MiB); "
        "split larger work."
    )
    remedy_zh = "请求体须小于 2 MiB（试算文件 6 MiB，待查验文件 10 MiB，批量任务 64 MiB），请拆分后提交。"


class UnsupportedMediaType(Problem):
    code = "unsupported-media-type"
    status = 415
    title = "The content type is not supported here"
    title_zh = "不支持该内容类型"
    remedy = "Send `Content-Type: application/json` in UTF-8, without content encoding."
    remedy_zh = "请使用 Content-Type: application/json（UTF-8，不压缩）。"


class TooManyRequests(Problem):
    code = "rate-limited"
    status = 429
    title = "Too many requests"
    title_zh = "请求过于频繁"
    remedy = "Wait for the seconds in Retry-After and send the request again."
    remedy_zh = "请等待 Retry-After 指定的秒数后重试。"
    retryable = True


class InternalError(Problem):
    code = "internal-error"
    status = 500
    title = "The platform failed to answer; the failure is recorded under the request id"
    title_zh = "平台内部错误，已按请求编号记录"
    remedy = "Repeat the request with the same Idempotency-Key; tell support the request id if it persists."
    remedy_zh = "请使用相同的 Idempotency-Key 重试；若仍失败，请将请求编号告知客服。"
    retryable = True


class Unavailable(Problem):
    code = "unavailable"
    status = 503
    title = "The service cannot answer at the moment"
    title_zh = "服务暂时不可用"
    remedy = "Repeat the request with the same Idempotency-Key after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后使用相同的 Idempotency-Key 重试。"
    retryable = True

    def __init__(
        self, detail: str = "", *, detail_zh: str = "", retry_after: int = 1, **values: object
    ) -> None:
        super().__init__(detail, detail_zh=detail_zh, retry_after=retry_after, errors=(), **values)


class IdempotencyKeyMissing(Problem):
    code = "idempotency-key-missing"
    status = 400
    title = "This request needs an Idempotency-Key header"
    title_zh = "该请求必须携带 Idempotency-Key 头"
    remedy = "Send 1 to 255 visible ASCII characters that stay the same when you repeat the request."
    remedy_zh = "请发送 1–255 个可见 ASCII 字符，重试同一请求时保持不变。"


class IdempotencyKeyReused(Invalid):
    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used with another body"
    title_zh = "该 Idempotency-Key 已用于内容不同的请求"
    remedy = "Use a new key for a new request; repeat an old request with exactly its old body."
    remedy_zh = "新的请求请使用新的键；重试旧请求时请保持请求体完全一致。"


class RequestInFlight(Conflict):
    code = "request-in-flight"
    title = "A request with this Idempotency-Key is still running"
    title_zh = "使用该 Idempotency-Key 的请求仍在处理"
    remedy = "Repeat the request after Retry-After seconds."
    remedy_zh = "请在 Retry-After 秒后重试。"
    retryable = True


class UnprintableCharacter(Invalid):
    code = "unprintable-character"
    title = "A text holds a character that cannot be printed on an invoice"
    title_zh = "文本中含有无法打印在发票上的字符"
    remedy = "Remove or replace the character that is named."
    remedy_zh = "请删除或替换所指出的字符。"


def all_problems() -> Iterator[type[Problem]]:
    """Every concrete problem that has been imported, for the catalogue."""
    todo: list[type[Problem]] = [Problem]
    while todo:
        for kind in todo.pop().__subclasses__():
            todo.append(kind)
            yield kind
