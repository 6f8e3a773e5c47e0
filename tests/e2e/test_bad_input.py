"""Hostile requests against the gateway: an exact refusal in both languages, nothing changed, everything still well."""

import http.client
import json
import time
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.demo.client import Client
from tests.helpers.raw_http import RawAnswer, send_raw
from tests.helpers.stack import RunningStack

pytestmark = [pytest.mark.stack]

LINE: dict[str, Any] = {
    "name": "键盘",
    "tax_class_code": "1090511030000000000",
    "tax_rate": "0.13",
    "quantity": "2",
    "unit_price": "86.5",
}
BODY: dict[str, Any] = {
    "kind": "digital_ordinary",
    "buyer": {"name": "个人", "is_individual": True},
    "lines": [LINE],
}
MEMBERS = {
    "type",
    "code",
    "title",
    "title_zh",
    "status",
    "detail",
    "instance",
    "request_id",
    "retryable",
    "remedy",
    "remedy_zh",
}


def with_line(**changes: Any) -> bytes:
    return json.dumps(BODY | {"lines": [LINE | changes]}).encode()


def new_body(**changes: Any) -> dict[str, Any]:
    """One that is accepted, under a reference of its own."""
    return BODY | {"reference": f"E-{uuid4().hex}"} | changes


def with_member(**changes: Any) -> bytes:
    return json.dumps(BODY | changes).encode()


def raw(text: str) -> bytes:
    return text.encode()


BAD_BODIES: list[tuple[str, bytes, int, str]] = [
    (
        "extra members",
        with_member(tenant_id=str(uuid4()), number="1", status="issued"),
        422,
        "validation-failed",
    ),
    ("NUL in a value", with_member(remarks="a\x00b"), 422, "unprintable-character"),
    ("NUL in a key", raw('{"a\\u0000b": 1}'), 422, "unprintable-character"),
    ("lone surrogate", raw('{"kind": "\\ud800"}'), 422, "unprintable-character"),
    ("2^31 as quantity", with_line(quantity=2**31), 409, "quota-exceeded"),
    ("2^63 as price", with_line(unit_price=2**63), 422, "validation-failed"),
    ("10^5000", raw('{"kind": 1' + "0" * 5000 + "}"), 422, "validation-failed"),
    ("NaN", raw('{"kind": NaN}'), 400, "malformed-json"),
    ("Infinity", raw('{"kind": -Infinity}'), 400, "malformed-json"),
    ("float token", raw('{"kind": 1e400}'), 422, "validation-failed"),
    ("1e400", with_line(quantity="1e400"), 422, "validation-failed"),
    ("1e131073", with_line(amount="1e131073", quantity=None, unit_price=None), 422, "validation-failed"),
    ("40 digits", with_line(unit_price="1" * 40), 422, "validation-failed"),
    ("3 decimals", with_line(quantity=None, unit_price=None, amount="1.005"), 422, "validation-failed"),
    ("14 decimals", with_line(unit_price="1.00000000000001"), 422, "validation-failed"),
    ("zero", with_line(quantity="0"), 422, "validation-failed"),
    ("minus zero", with_line(unit_price="-0"), 422, "validation-failed"),
    ("negative", with_line(quantity="-1"), 422, "validation-failed"),
    ("duplicate keys", raw('{"kind": "a", "kind": "b"}'), 400, "malformed-json"),
    ("depth 2,000", b"[" * 2000 + b"]" * 2000, 400, "malformed-json"),
    ("depth 100,000", b"[" * 100_000, 400, "malformed-json"),
    ("UTF-16", json.dumps(BODY).encode("utf-16"), 400, "malformed-json"),
    ("byte order mark", b"\xef\xbb\xbf" + json.dumps(BODY).encode(), 400, "malformed-json"),
    ("Latin-1", '{"kind": "é"}'.encode("latin-1"), 400, "malformed-json"),
    ("truncated", json.dumps(BODY).encode()[:-5], 400, "malformed-json"),
    ("no JSON", b"kind=digital", 400, "malformed-json"),
    ("zero-width", with_member(buyer={"name": "武汉\u200b公司"}), 422, "unprintable-character"),
    ("bidi control", with_member(buyer={"name": "武汉\u202e公司"}), 422, "unprintable-character"),
    ("private use", with_member(buyer={"name": "武汉\ue000公司"}), 422, "unprintable-character"),
    ("unassigned", with_member(buyer={"name": "武汉\u0378公司"}), 422, "unprintable-character"),
    ("line feed in a name", with_member(buyer={"name": "武汉\n公司"}), 422, "unprintable-character"),
    ("10,000 lines", with_member(lines=[LINE] * 10_000), 422, "validation-failed"),
    ("empty body", b"", 422, "validation-failed"),
    ("a list", b"[]", 422, "validation-failed"),
    ("a string", b'"x"', 422, "validation-failed"),
    ("null", b"null", 422, "validation-failed"),
]


def post(stack: RunningStack, body: bytes, **headers: str) -> RawAnswer:
    sent = {
        "Authorization": f"Bearer {stack.accounts['A'].api_key}",
        "Content-Type": "application/json",
        "Idempotency-Key": uuid4().hex,
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return call(stack, "POST", "/v1/invoices", body, sent)


def call(
    stack: RunningStack,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> RawAnswer:
    connection = http.client.HTTPConnection("127.0.0.1", port_of(stack), timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        named = {name.lower(): value for name, value in answer.getheaders()}
        return RawAnswer(answer.status, named, answer.read())
    finally:
        connection.close()


def port_of(stack: RunningStack) -> int:
    return stack.stack.port("OFP_GATEWAY_PORT")


def assert_problem(answer: RawAnswer, status: int, code: str) -> None:
    assert answer.status == status, answer.content
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem.keys() >= MEMBERS, problem
    assert (problem["code"], problem["status"]) == (code, status)
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert "Traceback" not in answer.content.decode()


def count_issued(client: Client) -> int:
    return sum(item["state"] == "used" for item in _ledger(client))


def _ledger(client: Client) -> list[Any]:
    items: list[Any] = client.get("/v1/number-ledger?limit=200").expect(200)["items"]
    return items


@pytest.mark.parametrize(
    ("body", "status", "code"), [case[1:] for case in BAD_BODIES], ids=[c[0] for c in BAD_BODIES]
)
def test_bad_body_is_refused_and_changes_nothing(
    stack: RunningStack, body: bytes, status: int, code: str
) -> None:
    client = stack.accounts["A"].client
    before = count_issued(client)
    answer = post(stack, body)
    if code == "quota-exceeded" and answer.status == 201:
        pytest.fail("an absurd quantity was issued")
    assert_problem(answer, status, code)
    assert count_issued(client) == before


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Content_Type": "text/plain"}, 415, "unsupported-media-type"),
        ({"Content_Type": "application/json; charset=utf-16"}, 415, "unsupported-media-type"),
        ({"Content_Type": "multipart/form-data"}, 415, "unsupported-media-type"),
        ({"Content_Type": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
        ({"Content_Encoding": "gzip"}, 415, "unsupported-media-type"),
        ({"Authorization": "Bearer x"}, 401, "unauthenticated"),
        ({"Authorization": "Basic eDp5"}, 401, "unauthenticated"),
        ({"Idempotency_Key": ""}, 400, "idempotency-key-missing"),
        ({"Idempotency_Key": "x" * 256}, 400, "idempotency-key-missing"),
        ({"Idempotency_Key": "a b"}, 400, "idempotency-key-missing"),
    ],
)
def test_bad_header_is_refused(stack: RunningStack, headers: dict[str, str], status: int, code: str) -> None:
    assert_problem(post(stack, json.dumps(BODY).encode(), **headers), status, code)


def test_foreign_tenant_header_is_ignored(stack: RunningStack) -> None:
    answer = post(stack, json.dumps(new_body()).encode(), X_Tenant_ID=stack.accounts["B"].tenant_id)
    assert answer.status == 201
    assert stack.accounts["B"].client.get(f"/v1/invoices/{answer.json['id']}").status == 404


@pytest.mark.parametrize(
    "path",
    ["", "/timeline", "/documents", "/documents/pdf", "/deliveries"],
)
def test_foreign_invoice_is_not_found_as_if_it_were_missing(stack: RunningStack, path: str) -> None:
    invoice = stack.accounts["A"].client.post("/v1/invoices", new_body()).expect(201)
    other = stack.accounts["B"].client
    foreign = other.get(f"/v1/invoices/{invoice['id']}{path}")
    missing = other.get(f"/v1/invoices/{uuid4()}{path}")
    assert foreign.status == missing.status == 404
    assert foreign.json["code"] == missing.json["code"] == "not-found"


@pytest.mark.parametrize(
    "path", ["/metrics", "/docs", "/openapi.json", "/redoc", "/v1/openapi.jsonx", "/", "/health/ready"]
)
def test_internal_routes_are_not_public(stack: RunningStack, path: str) -> None:
    answer = call(stack, "GET", path)
    expected = 404 if not path.startswith("/v1/") else answer.status
    assert_problem(answer, expected, "not-found")
    assert "server" not in answer.headers
    assert "via" not in answer.headers


def test_openapi_document_is_public(stack: RunningStack) -> None:
    answer = call(stack, "GET", "/v1/openapi.json")
    assert answer.status == 200
    assert answer.json["openapi"].startswith("3.1")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO"])
def test_strange_method_is_not_allowed(stack: RunningStack, method: str) -> None:
    request = f"{method} /v1/invoices HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    (answer,) = send_raw(port_of(stack), request)
    assert answer.status in {400, 405}


def test_method_override_is_ignored(stack: RunningStack) -> None:
    headers = {"Authorization": f"Bearer {stack.accounts['A'].api_key}", "X-HTTP-Method-Override": "POST"}
    assert call(stack, "GET", "/v1/invoices?limit=1", headers=headers).status == 200


@pytest.mark.parametrize(
    "query",
    [
        "tenant_id=x",
        "limit=-1",
        "limit=99999999999999999999",
        "cursor=x",
        "q=a%00b",
        "issued_from=0001-01-01T00:00:00%2B14:00",
    ],
)
def test_bad_query_is_refused(stack: RunningStack, query: str) -> None:
    answer = stack.accounts["A"].client.get(f"/v1/invoices?{query}")
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"].startswith("?")


def test_search_takes_metacharacters_literally(stack: RunningStack) -> None:
    client = stack.accounts["A"].client
    client.post("/v1/invoices", new_body(remarks="literal 50%_off'; --")).expect(201)
    found = client.get("/v1/invoices?consistent=true&q=50%25_off%27%3B").expect(200)["items"]
    assert len(found) >= 1
    assert client.get("/v1/invoices?q=50%25%25_off").expect(200)["items"] == []


def test_hostile_text_is_kept_literally(stack: RunningStack) -> None:
    name = "<img src=x>{{7*7}}@import url(file:///etc/passwd)"
    client = stack.accounts["A"].client
    invoice = client.post("/v1/invoices", new_body(buyer={"name": name})).expect(201)
    assert client.get(f"/v1/invoices/{invoice['id']}").expect(200)["buyer"]["name"] == name


def test_large_bodies_are_refused_before_they_are_read(stack: RunningStack) -> None:
    head = (
        f"POST /v1/invoices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: x\r\n"
        f"Authorization: Bearer {stack.accounts['A'].api_key}\r\n"
    )
    for length in (2 * 1024 * 1024 + 1, 50 * 1024 * 1024):
        declared = f"{head}Content-Length: {length}\r\n\r\n".encode()
        (answer,) = send_raw(port_of(stack), declared, b"x" * 1000)
        assert_problem(answer, 413, "body-too-large")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    (answer,) = send_raw(
        port_of(stack), (head + "Transfer-Encoding: chunked\r\n\r\n").encode(), *[chunk] * 80
    )
    assert_problem(answer, 413, "body-too-large")


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/x HTTP/1.1\r\nHost: x\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "Content-Length: +3\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\nZZ\r\nabc\r\n0\r\n\r\n",
        "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "Content-Length : 3\r\n\r\nabc",
        "X: a\r\n b\r\nContent-Length: 2\r\n\r\n{}",
    ],
)
def test_ambiguous_framing_never_becomes_two_requests(stack: RunningStack, framing: str) -> None:
    head = "POST /v1/invoices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
    answers = send_raw(port_of(stack), (head + framing).encode())
    assert len(answers) <= 1
    for answer in answers:
        # 501 is the HTTP parser's own word for a transfer coding it does not know (RFC 9112, 6.1).
        assert 400 <= answer.status < 500 or answer.status == 501, answer


def test_huge_headers_are_refused(stack: RunningStack) -> None:
    head = "GET /v1/invoices HTTP/1.1\r\nHost: x\r\n"
    for extra in ("X: " + "a" * 1_000_000 + "\r\n", "".join(f"X-{n}: a\r\n" for n in range(10_000))):
        answers = send_raw(port_of(stack), (head + extra + "\r\n").encode())
        assert all(answer.status in {400, 431} for answer in answers)


def test_slow_client_hurts_nobody_else(stack: RunningStack) -> None:
    began = time.monotonic()
    answers = send_raw(port_of(stack), b"GET /v1/invoices HTTP/1.1\r\nHost: x\r\nX", timeout_seconds=2)
    assert answers == []
    assert stack.accounts["A"].client.get("/v1/invoices?limit=1").status == 200
    assert time.monotonic() - began < 60


def test_log_injection_stays_on_one_line(stack: RunningStack) -> None:
    evil = 'x"}\\n{"level":"info","event":"forged'
    post(stack, json.dumps(BODY | {"remarks": "a\nb"}).encode(), X_Request_Id=evil)
    for path in stack.stack.log.glob("invoice-api-*.jsonl"):
        for line in path.read_text("utf-8").split("\n"):
            if line.startswith("{"):
                assert json.loads(line).get("event") != "forged"


def test_stack_is_well_afterwards(stack: RunningStack) -> None:
    stack.command("status")
    assert stack.accounts["A"].client.post("/v1/invoices", new_body()).status == 201
