"""What the edge does with requests of every kind: limits, strict bodies, correlation, and problems for the rest."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests.unit.common.demo_app import Gate, open_demo
from tests.unit.common.making import TRACEPARENT

pytestmark = pytest.mark.fast

MIB = 1024 * 1024
JSON = {"content-type": "application/json"}


@pytest.fixture
async def demo() -> AsyncIterator[httpx.AsyncClient]:
    async with open_demo() as client:
        yield client


def assert_problem(response: httpx.Response, status: int, code: str) -> Any:
    """A whole problem in two languages, under the request id of the answer."""
    body = response.json()
    assert (response.status_code, body["code"], body["status"]) == (status, code, status), body
    assert response.headers["content-type"] == "application/problem+json"
    assert body["type"] == f"/problems/{code}"
    assert body["instance"] == response.request.url.path
    assert body["request_id"] == response.headers["x-request-id"]
    for member in ("title", "title_zh", "detail", "detail_zh", "remedy", "remedy_zh"):
        assert body[member]
    return body


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536
    yield b" " * (size % 65536)


async def post(demo: httpx.AsyncClient, content: Any, **headers: str) -> httpx.Response:
    return await demo.post("/notes", content=content, headers=JSON | headers)


async def test_body_of_the_largest_size_is_taken(demo: httpx.AsyncClient) -> None:
    content = b'{"text": "' + b"a" * (2 * MIB - 12) + b'"}'
    assert (await post(demo, content)).json() == {"length": 2 * MIB - 12}


@pytest.mark.parametrize("length", [b"2097153", b"9" * 18, b"9" * 5000])
async def test_body_that_declares_more_is_refused_before_it_is_sent(
    demo: httpx.AsyncClient, length: bytes
) -> None:
    request = demo.build_request("POST", "/notes", content=chunks(0), headers=JSON)
    request.headers.update({"content-length": length.decode()})
    answer = await demo.send(request)
    assert_problem(answer, 413, "body-too-large")
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(("path", "status"), [("/nowhere", 404), ("/slow", 405)])
async def test_body_that_nobody_reads_ends_its_connection_if_it_is_long(
    demo: httpx.AsyncClient, path: str, status: int
) -> None:
    short = await demo.post(path, content=b"{}", headers=JSON)
    long = await demo.post(path, content=b" " * MIB, headers=JSON)
    endless = await demo.post(path, content=chunks(4 * MIB), headers=JSON)
    assert (short.status_code, long.status_code, endless.status_code) == (status, status, status)
    assert "connection" not in short.headers
    assert (long.headers["connection"], endless.headers["connection"]) == ("close", "close")


async def test_body_in_chunks_that_grows_beyond_is_refused(demo: httpx.AsyncClient) -> None:
    response = await post(demo, chunks(2 * MIB + 1))
    assert "content-length" not in response.request.headers
    assert_problem(response, 413, "body-too-large")


async def test_body_limit_of_a_path_may_be_larger(demo: httpx.AsyncClient) -> None:
    assert (await demo.post("/notes/large", content=b"a" * (3 * MIB))).status_code == 404
    too_large = await demo.post("/notes/large", content=b"a" * (4 * MIB + 1))
    assert_problem(too_large, 413, "body-too-large")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"count": NaN}', 400, "malformed-json"),
        (b'{"count": 1, "count": 2}', 400, "malformed-json"),
        (b"[" * 2_000, 400, "malformed-json"),
        (b'{"parts": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, "malformed-json"),
        (b'\xef\xbb\xbf{"text": "a"}', 400, "malformed-json"),
        ('{"text": "a"}'.encode("utf-16"), 400, "malformed-json"),
        (b'{"text": "a\\u0000b"}', 422, "unprintable-character"),
        (b'{"text": "\\ud800"}', 422, "unprintable-character"),
        (b'{"a\\u0000b": 1}', 422, "unprintable-character"),
        (b'{"parts": [{"\\udfff": 1}]}', 422, "unprintable-character"),
        (b'{"count": 1' + b"0" * 5000 + b"}", 422, "validation-failed"),
        (b'{"count": 1.5}', 422, "validation-failed"),
        (b'{"count": 1e400}', 422, "validation-failed"),
        (b'{"count": "1"}', 422, "validation-failed"),
        (b'{"text": "a", "tenant_id": "b"}', 422, "validation-failed"),
        (b"[]", 422, "validation-failed"),
        (b"null", 422, "validation-failed"),
        (b"", 422, "validation-failed"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
async def test_body_that_is_unsound_is_refused(
    demo: httpx.AsyncClient, content: bytes, status: int, code: str
) -> None:
    assert_problem(await post(demo, content), status, code)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "application/json; charset=utf-16"},
        {"content-type": "application/json; charset=gbk"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": ""},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
    ids=str,
)
async def test_body_of_another_media_type_is_refused(
    demo: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    response = await demo.post("/notes", content=b'{"text": "a"}', headers=headers)
    assert_problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("kind", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"'])
async def test_body_in_utf8_by_any_spelling_is_taken(demo: httpx.AsyncClient, kind: str) -> None:
    response = await demo.post("/notes", content='{"text": "发票"}'.encode(), headers={"content-type": kind})
    assert response.json() == {"length": 2}


@pytest.mark.parametrize("path", ["/notes?limit=1&", "/words?word=x&", "/correlation?"])
async def test_unknown_query_parameters_are_refused_by_name(demo: httpx.AsyncClient, path: str) -> None:
    body = assert_problem(await demo.get(f"{path}tenant_id=1&size=2&size=3"), 422, "validation-failed")
    assert [(error["pointer"], error["code"], error["detail_zh"]) for error in body["errors"]] == [
        (f"?{name}", "extra-forbidden", "不认识该字段，请检查拼写。") for name in ("tenant_id", "size")
    ]


async def test_route_that_changes_something_refuses_unknown_query_parameters(demo: httpx.AsyncClient) -> None:
    answer = await demo.post("/notes?dry_run=true", json={"text": "a"})
    assert_problem(answer, 422, "validation-failed")


async def test_link_with_what_a_messenger_added_opens_for_strangers_only(demo: httpx.AsyncClient) -> None:
    caller = {"authorization": "Bearer note:read"}
    assert (await demo.get("/shared?from=timeline")).status_code == 200
    assert (await demo.get("/shared?signature=s&from=timeline", headers=caller)).status_code == 200
    assert_problem(await demo.get("/shared?from=timeline", headers=caller), 422, "validation-failed")


async def test_unknown_path_and_method_are_problems(demo: httpx.AsyncClient) -> None:
    assert_problem(await demo.get("/nowhere"), 404, "not-found")
    assert_problem(await demo.get("/notes/"), 404, "not-found")
    not_allowed = await demo.request("PUT", "/notes")
    assert_problem(not_allowed, 405, "method-not-allowed")
    assert not_allowed.headers["allow"]


async def test_missing_credential_and_scope_are_problems(demo: httpx.AsyncClient) -> None:
    assert_problem(await demo.get("/mine"), 401, "unauthenticated")
    refused = await demo.get("/mine", headers={"authorization": "Bearer note:write"})
    assert "note:read" in assert_problem(refused, 403, "forbidden")["detail"]


async def test_rate_limit_answers_429_and_every_answer_tells_what_is_left(demo: httpx.AsyncClient) -> None:
    headers = {"authorization": "Bearer note:read"}
    answers = [await demo.get("/mine", headers=headers) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert_problem(answers[2], 429, "rate-limited")
    assert answers[2].headers["retry-after"] == "1"
    assert [answer.headers["ratelimit"] for answer in answers] == [
        '"tenant";r=1;t=1',
        '"tenant";r=0;t=1',
        '"tenant";r=0;t=1',
    ]
    assert answers[2].headers["ratelimit-policy"] == '"tenant";q=1;w=1'


async def test_request_id_and_trace_context_of_the_caller_are_kept(demo: httpx.AsyncClient) -> None:
    headers = {"x-request-id": "erp-4711", "traceparent": TRACEPARENT}
    response = await demo.get("/correlation", headers=headers)
    assert response.headers["x-request-id"] == "erp-4711"
    assert response.json() == {"id": "erp-4711", "traceparent": TRACEPARENT}


@pytest.mark.parametrize(
    "unsound", [b"", b"a b", b"x" * 129, b'{"a"}', b"\xff\xfe", "发票".encode(), b"a\x00b"]
)
async def test_request_id_that_is_unsound_is_replaced(demo: httpx.AsyncClient, unsound: bytes) -> None:
    response = await demo.get("/correlation", headers=[(b"x-request-id", unsound)])
    assert len(response.headers["x-request-id"]) == 36
    assert response.json()["id"] == response.headers["x-request-id"]


async def test_requests_beyond_the_concurrency_limit_are_refused_at_once() -> None:
    gate = Gate()
    async with open_demo(gate, concurrency_limit=1) as demo:
        slow = asyncio.create_task(demo.get("/slow"))
        await gate.arrived.wait()
        refused = await demo.get("/notes")
        assert_problem(refused, 503, "unavailable")
        assert refused.headers["retry-after"] == "1"
        gate.opened.set()
        assert (await slow).json() == {"done": True}
        assert (await demo.get("/notes")).status_code == 200


async def test_unexpected_failure_is_logged_once_and_tells_nothing_of_the_inside(
    demo: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        response = await demo.get("/broken", headers={"x-request-id": "erp-1"})
    assert_problem(response, 500, "internal-error")
    assert "secret" not in response.text
    assert [line["event"] for line in lines] == ["request_failed", "request_answered"]
    assert lines[0]["exc_info"]
    assert lines[1]["status"] == 500


async def test_failure_after_the_answer_has_begun_cuts_it_and_is_logged_once(
    demo: httpx.AsyncClient,
) -> None:
    with capture_logs() as lines:
        response = await demo.get("/broken-stream")
    assert "secret" not in response.text
    assert [line["event"] for line in lines] == ["request_failed", "request_answered"]
