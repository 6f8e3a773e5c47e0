"""Idempotency-Key in the caller's transaction: the key, the work and the remembered answer commit together."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import asyncpg
import msgspec
from fastapi import Request, Response

from libs.common.clock import utc_now
from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import IdempotencyKeyMissing, IdempotencyKeyReused, RequestInFlight

_KEY = re.compile(r"[\x21-\x7e]{1,255}")

# Waits for a twin that is still running, at most lock_timeout; sees its answer once it has committed.
CLAIM_KEY = """
insert into idempotency_keys (tenant_id, route, key, request_hash, created_at)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, route, key) do nothing
returning 1
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


async def load_answer(tx: Tx, tenant: TenantId, request: IdempotentRequest) -> Response | None:
    """The answer of an earlier request under this key, None if there was none."""
    record = await tx.fetchrow(LOAD_ANSWER, tenant, request.route, request.key)
    if record is None:
        return None
    if record["request_hash"] != request.request_hash:
        raise IdempotencyKeyReused
    if record["status"] is None:
        raise RequestInFlight(retry_after=1)
    headers: dict[str, str] = msgspec.json.decode(record["headers"])
    return Response(record["body"], record["status"], headers | {"Idempotency-Replayed": "true"})


async def remember(tx: Tx, tenant: TenantId, request: IdempotentRequest, response: Response) -> None:
    """Keep the exact bytes, to be sent again for the same request."""
    kept: Mapping[str, Any] = {
        name: value
        for name, value in response.headers.items()
        if name in {"content-type", "location", "etag"}
    }
    headers = msgspec.json.encode(kept).decode()
    answer = (response.status_code, headers, bytes(response.body))
    await tx.execute(REMEMBER_ANSWER, tenant, request.route, request.key, *answer)
