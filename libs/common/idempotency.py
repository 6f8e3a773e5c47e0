"""Idempotency-Key in the caller's transaction: the key, the work and the remembered answer commit together."""

import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
import msgspec
from fastapi import Request, Response

from libs.common.clock import utc_now
from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

_REPLAYED = {"Idempotency-Replayed": "true"}

# Waits for a twin that is still running, at most lock_timeout; sees its answer once it has committed.
CLAIM_KEY = """
insert into idempotency_keys (tenant_id, route, key, request_hash, created_at)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, route, key) do nothing
returning 1
"""
# In one order, so that two processes that share keys never deadlock.
CLAIM_KEYS = """
insert into idempotency_keys (tenant_id, route, key, request_hash, created_at)
select $1, route, key, request_hash, $5
from unnest($2::text[], $3::text[], $4::bytea[]) as wanted (route, key, request_hash)
order by route, key
on conflict (tenant_id, route, key) do nothing
returning route, key
"""
LOAD_ANSWER = """
select request_hash, status, headers, body
from idempotency_keys
where tenant_id = $1 and route = $2 and key = $3
"""
REMEMBER_ANSWER = """
update idempotency_keys
set status = $4, headers = $5, body = $6
where tenant_id = $1 and route = $2 and key = $3
"""


class IdempotentRequest(NamedTuple):
    """One request under its key. `route` is the method and path, so one key may serve different routes."""

    route: str
    key: str
    request_hash: bytes


class Answer(NamedTuple):
    """What is kept of a response: the exact bytes, and as JSON the headers that belong to them."""

    status: int
    headers: str
    body: bytes

    def to_response(self, **more_headers: str) -> Response:
        headers: dict[str, str] = msgspec.json.decode(self.headers)
        return Response(self.body, self.status, headers | more_headers)


def created(body: bytes, location: str) -> Answer:
    """201 with the JSON of what was made and where it is to be found."""
    headers = {"content-type": "application/json", "location": location}
    return Answer(201, msgspec.json.encode(headers).decode(), body)


def read_idempotency_key(request: Request, body: object) -> IdempotentRequest:
    """The key of a request with its parsed JSON `body`; raises IdempotencyKeyMissing."""
    key = request.headers.get("idempotency-key", "")
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyMissing
    canonical = msgspec.json.encode(body, order="sorted")
    return IdempotentRequest(f"{request.method} {request.url.path}", key, hashlib.sha256(canonical).digest())


async def claim(tx: Tx, tenant: TenantId, request: IdempotentRequest) -> Response | None:
    """The remembered answer if this request was answered before; None if it is ours to do now.

    Raises IdempotencyKeyReused (other body) and RequestInFlight (a twin holds the key longer than lock_timeout).
    """
    try:
        row = (tenant, request.route, request.key, request.request_hash, utc_now())
        if await tx.fetchval(CLAIM_KEY, *row):
            return None
    except asyncpg.LockNotAvailableError:
        raise RequestInFlight(retry_after=1) from None
    return await load_answer(tx, tenant, request)


async def claim_many(
    tx: Tx, tenant: TenantId, requests: Sequence[IdempotentRequest]
) -> set[IdempotentRequest]:
    """Those that are ours to do now; for the others, see `load_answer`. The keys must differ.

    Raises RequestInFlight if a twin of any holds its key longer than lock_timeout.
    """
    routes, keys, hashes = ([request[place] for request in requests] for place in range(3))
    try:
        rows = await tx.fetch(CLAIM_KEYS, tenant, routes, keys, hashes, utc_now())
    except asyncpg.LockNotAvailableError:
        raise RequestInFlight(retry_after=1) from None
    ours = {(row["route"], row["key"]) for row in rows}
    return {request for request in requests if (request.route, request.key) in ours}


async def load_answer(tx: Tx, tenant: TenantId, request: IdempotentRequest) -> Response | None:
    """The answer of an earlier request under this key, None if there was none."""
    record = await tx.fetchrow(LOAD_ANSWER, tenant, request.route, request.key)
    if record is None:
        return None
    if record["request_hash"] != request.request_hash:
        raise IdempotencyKeyReused
    if record["status"] is None:
        raise RequestInFlight(retry_after=1)
    return Answer(record["status"], record["headers"], record["body"]).to_response(**_REPLAYED)


async def remember(tx: Tx, tenant: TenantId, request: IdempotentRequest, response: Response) -> None:
    """Keep the exact bytes, to be sent again for the same request."""
    kept = {
        name: value
        for name, value in response.headers.items()
        if name in {"content-type", "location", "etag"}
    }
    headers = msgspec.json.encode(kept).decode()
    answer = (response.status_code, headers, bytes(response.body))
    await tx.execute(REMEMBER_ANSWER, tenant, request.route, request.key, *answer)
