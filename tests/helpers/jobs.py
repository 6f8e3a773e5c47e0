"""Bulk jobs of tests: sent through HTTP, worked off by the real worker in process, read back through HTTP."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from services.invoice.job_worker import JobWorker
from tests.helpers.invoicing import Issuing, make_body

NDJSON = "application/x-ndjson"


def make_lines(bodies: Sequence[dict[str, Any]]) -> bytes:
    return b"".join(json.dumps(body).encode() + b"\n" for body in bodies)


def make_orders(count: int, name: str = "SO") -> list[dict[str, Any]]:
    return [make_body(reference=f"{name}-{number}") for number in range(1, count + 1)]


async def submit(shop: Issuing, content: bytes, key: str | None = None, **headers: str) -> httpx.Response:
    sent = {"content-type": NDJSON, "idempotency-key": key or uuid4().hex} | headers
    return await shop.client.post("/v1/invoice-jobs", content=content, headers=sent)


async def work(shop: Issuing, *, turns: int = 100, rest: int = 0) -> int:
    """Rounds of the worker until nothing is left to do."""
    worker = JobWorker(shop.worker_pool, timedelta(minutes=10), rest=rest)
    for turn in range(turns):
        if not await worker.step():
            return turn
    return turns


async def get_job(shop: Issuing, job_id: str) -> dict[str, Any]:
    answer = await shop.client.get(f"/v1/invoice-jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def get_rows(shop: Issuing, job_id: str, **parameters: Any) -> list[dict[str, Any]]:
    """Page by page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await shop.client.get(f"/v1/invoice-jobs/{job_id}/rows", params=parameters)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        parameters["cursor"] = page["next_cursor"]
