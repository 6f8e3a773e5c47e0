"""The gateway: which service gets which path, and what it answers itself."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from deploy.local.gateway import make_gateway
from deploy.local.running import running
from tests.helpers.raw_http import RawAnswer, send_raw
from tests.helpers.servers import free_ports

MEMBERS = "type code title title_zh status detail detail_zh instance request_id retryable remedy remedy_zh"
POST = b"POST /v1/invoices HTTP/1.1\r\nHost: gateway\r\n"


@dataclass
class Upstream:
    """A stand-in for one api process: answers with its name, or breaks the connection after reading."""

    name: str
    port: int
    received: list[web.Request] = field(default_factory=list)
    breaks_off: bool = False

    async def answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        self.received.append(request)
        if self.breaks_off and request.transport is not None:
            request.transport.abort()
        return web.json_response(
            {"service": self.name.split("-")[0], "size": len(body), "headers": dict(request.headers)},
            headers={"Server": "stand-in", "X-Request-Id": request.headers["X-Request-Id"]},
        )


@dataclass
class Gateway:
    """The gateway under test and what stands behind it."""

    port: int
    http: aiohttp.ClientSession
    upstreams: Mapping[str, Upstream]

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Mapping[str, str], Any]:
        async with self.http.request(method, f"http://127.0.0.1:{self.port}{path}", **options) as answer:
            text = await answer.text()
            return answer.status, answer.headers, json.loads(text) if text else None

    async def send(self, *parts: bytes) -> RawAnswer:
        (answer,) = await asyncio.to_thread(send_raw, self.port, *parts)
        return answer


StartGateway = Callable[..., Any]


@pytest.fixture
async def start_gateway(tmp_path: Path) -> AsyncIterator[StartGateway]:
    """Starts one with two invoice processes and one of each other service; `without` names those that are dead."""
    async with AsyncExitStack() as stack:

        async def start(without: tuple[str, ...] = (), body_time: str = "60s") -> Gateway:
            names = ["auth", "invoice-1", "invoice-2", "render", "notify", "support"]
            *ports, public, internal = free_ports(len(names) + 2)
            upstreams = {name: Upstream(name, port) for name, port in zip(names, ports, strict=True)}
            addresses: dict[str, list[str]] = defaultdict(list)
            for name, upstream in upstreams.items():
                addresses[name.split("-")[0]].append(f"127.0.0.1:{upstream.port}")
                if name not in without:
                    await stack.enter_async_context(serving(upstream))
            gateway = make_gateway(
                tmp_path / "gateway",
                public,
                internal,
                upstreams={
                    **{f"OFP_{name.upper()}_UPSTREAMS": " ".join(at) for name, at in addresses.items()},
                    "OFP_PUBLIC_FILES": str(tmp_path),
                },
            )
            environment = {**gateway.environment, "OFP_GATEWAY_BODY_TIME": body_time}
            await stack.enter_async_context(
                running(replace(gateway, environment=environment), tmp_path / "log")
            )
            http = await stack.enter_async_context(aiohttp.ClientSession())
            return Gateway(public, http, upstreams)

        yield start


@asynccontextmanager
async def serving(upstream: Upstream) -> AsyncIterator[None]:
    application = web.Application(client_max_size=2**30)
    application.router.add_route("*", "/{path:.*}", upstream.answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", upstream.port).start()
    try:
        yield
    finally:
        await runner.cleanup()


def check_problem(status: int, headers: Mapping[str, str], body: Any, code: str, path: str) -> None:
    """Complete, in both languages, and without a banner."""
    assert set(body) == set(MEMBERS.split())
    assert (body["code"], body["status"], body["instance"]) == (code, status, path)
    lower = {name.lower(): value for name, value in headers.items()}
    assert lower["content-type"] == "application/problem+json"
    assert lower["x-request-id"] == body["request_id"]
    assert {"server", "via"}.isdisjoint(lower)
    assert body["title_zh"] != body["title"]


def routes() -> Iterator[tuple[str, str]]:
    by_service = {
        "auth": "/v1/auth/sign-in /v1/auth/.well-known/jwks.json",
        "render": "/v1/invoices/1/documents /v1/invoices/1/documents/pdf "
        "/v1/invoices/1/documents/pdf/regenerations /v1/print-profiles/a4/test-page /v1/print-batches "
        "/v1/verifications/x /v1/document-keys /v1/document-roots",
        "notify": "/v1/messages /v1/inbox/1 /v1/preferences /v1/announcements /v1/webhook-endpoints "
        "/v1/events /v1/invoices/1/deliveries",
        "support": "/v1/tickets/1 /v1/articles /v1/chats /v1/topics /v1/feedback /v1/courses /v1/staffing",
        "invoice": "/v1/invoices /v1/invoices/1 /v1/invoices/1/timeline /v1/invoices/1/documentsx "
        "/v1/red-forms/1/issue /v1/invoice-jobs/1/rows /v1/exports /v1/quota /v1/number-ledger "
        "/v1/invoice-kinds /v1/invoice-checks /v1/taxpayers /v1/authors /v1/eventsx",
    }
    for service, paths in by_service.items():
        yield from ((path, service) for path in paths.split())


async def test_gateway_every_prefix_goes_to_its_service(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    went = {path: (await gateway.ask("GET", path))[2]["service"] for path, _ in routes()}
    assert went == dict(routes())


async def test_gateway_document_of_the_api_is_public_for_reading(
    start_gateway: StartGateway, tmp_path: Path
) -> None:
    (tmp_path / "openapi.json").write_text('{"openapi": "3.1.0"}')
    gateway = await start_gateway()
    status, _, body = await gateway.ask("GET", "/v1/openapi.json")
    assert (status, body) == (200, {"openapi": "3.1.0"})
    status, headers, body = await gateway.ask("POST", "/v1/openapi.json")
    check_problem(status, headers, body, "method-not-allowed", "/v1/openapi.json")


@pytest.mark.parametrize(
    "path", ["/", "/metrics", "/docs", "/openapi.json", "/health/live", "/v1", "/v2/invoices"]
)
async def test_gateway_path_outside_the_contract_is_not_found(start_gateway: StartGateway, path: str) -> None:
    gateway = await start_gateway()
    status, headers, body = await gateway.ask("GET", path)
    check_problem(status, headers, body, "not-found", path)


async def test_gateway_hostile_path_stays_json(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    answer = await gateway.send(b'GET /a"b{{.Req}}\\%0a HTTP/1.1\r\nHost: gateway\r\n\r\n')
    check_problem(404, answer.headers, answer.json, "not-found", "/a%22b%7B%7B.Req%7D%7D%5C%0A")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
async def test_gateway_strange_method_is_not_allowed(start_gateway: StartGateway, method: str) -> None:
    gateway = await start_gateway()
    answer = await gateway.send(f"{method} /v1/invoices HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
    assert (answer.status, answer.json["code"]) == (405, "method-not-allowed")
    assert "PATCH" in answer.headers["allow"]


async def test_gateway_sound_request_id_is_kept_everywhere(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    for path in ("/v1/invoices", "/nothing"):
        _, headers, body = await gateway.ask("GET", path, headers={"X-Request-Id": "order-1:a_b.c"})
        assert headers["X-Request-Id"] == "order-1:a_b.c"
        assert "order-1:a_b.c" in json.dumps(body)


@pytest.mark.parametrize("given", ["a b", 'a"b', "x" * 129, "{{.Req}}"])
async def test_gateway_unsound_request_id_is_replaced(start_gateway: StartGateway, given: str) -> None:
    gateway = await start_gateway()
    _, headers, body = await gateway.ask("GET", "/nothing", headers={"X-Request-Id": given})
    assert len(headers["X-Request-Id"]) == 36
    assert given not in body["request_id"]


async def test_gateway_forged_origin_of_a_request_does_not_pass(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    forged = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7", "X-Real-Ip": "198.51.100.7"}
    _, _, body = await gateway.ask("GET", "/v1/invoices", headers=forged)
    assert "198.51.100.7" not in json.dumps(body)
    assert body["headers"]["X-Forwarded-For"] == "127.0.0.1"


async def test_gateway_declared_length_too_large_is_refused_unread(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    for length in (b"2097153", b"9" * 18):
        answer = await gateway.send(POST + b"Content-Length: " + length + b"\r\n\r\n")
        check_problem(413, answer.headers, answer.json, "body-too-large", "/v1/invoices")
    assert gateway.upstreams["invoice-1"].received == []


async def test_gateway_endless_chunks_are_cut_at_the_limit(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    answer = await gateway.send(POST + b"Transfer-Encoding: chunked\r\n\r\n", chunk, chunk, chunk, chunk)
    check_problem(413, answer.headers, answer.json, "body-too-large", "/v1/invoices")
    assert answer.headers["connection"] == "close"


async def test_gateway_body_at_the_limit_and_large_job_pass(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    _, _, body = await gateway.ask("POST", "/v1/invoices", data=BytesIO(b"x" * 2097152))
    assert body["size"] == 2097152
    _, _, body = await gateway.ask("POST", "/v1/verifications", data=BytesIO(b"x" * 10_485_760))
    assert body["size"] == 10_485_760
    _, _, body = await gateway.ask("POST", "/v1/document-previews", data=BytesIO(b"x" * 6_291_456))
    assert body["size"] == 6_291_456
    _, _, body = await gateway.ask("POST", "/v1/invoice-jobs", data=BytesIO(b"x" * 3_000_000))
    assert body["size"] == 3_000_000


@pytest.mark.parametrize(
    "chunk", [b"zz\r\nabc\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"1;" + b"x" * 9000 + b"\r\na\r\n"]
)
async def test_gateway_bad_chunk_is_the_clients_fault(start_gateway: StartGateway, chunk: bytes) -> None:
    gateway = await start_gateway()
    answer = await gateway.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk)
    check_problem(400, answer.headers, answer.json, "malformed-request", "/v1/invoices")


@pytest.mark.parametrize(
    "rest", [b"Content-Length: 10\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
)
async def test_gateway_slow_body_times_out_and_bothers_no_service(
    start_gateway: StartGateway, rest: bytes
) -> None:
    gateway = await start_gateway(body_time="1s")
    answer = await gateway.send(POST + rest)
    check_problem(408, answer.headers, answer.json, "request-timeout", "/v1/invoices")
    assert gateway.upstreams["invoice-1"].received + gateway.upstreams["invoice-2"].received == []


async def test_gateway_one_dead_process_is_not_noticed(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(without=("invoice-1",))
    assert [(await gateway.ask("POST", "/v1/invoices", data=b"{}"))[0] for _ in range(6)] == [200] * 6


async def test_gateway_no_process_left_is_unavailable_for_a_second(start_gateway: StartGateway) -> None:
    gateway = await start_gateway(without=("support",))
    status, headers, body = await gateway.ask("POST", "/v1/tickets", data=b"{}")
    check_problem(status, headers, body, "unavailable", "/v1/tickets")
    assert (status, headers["Retry-After"], body["retryable"]) == (503, "1", True)


async def test_gateway_post_that_was_received_is_never_sent_twice(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    processes = [gateway.upstreams["invoice-1"], gateway.upstreams["invoice-2"]]
    for process in processes:
        process.breaks_off = True
    status, headers, body = await gateway.ask(
        "POST", "/v1/invoices", data=b"{}", headers={"Idempotency-Key": "once"}
    )
    check_problem(status, headers, body, "unavailable", "/v1/invoices")
    assert sum(len(process.received) for process in processes) == 1


async def test_gateway_read_whose_process_dies_is_asked_elsewhere(start_gateway: StartGateway) -> None:
    gateway = await start_gateway()
    gateway.upstreams["invoice-1"].breaks_off = True
    assert [(await gateway.ask("GET", "/v1/invoices"))[0] for _ in range(4)] == [200] * 4
