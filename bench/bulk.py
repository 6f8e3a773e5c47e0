"""Bulk jobs under measurement: rows a second, and what they cost somebody who issues one invoice at a time."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.figures import Figure, at_least, at_most, percentile
from bench.invoices import make_bodies, make_lines, make_requests
from bench.load import Answer, post_at_rate
from bench.paths import wait_until_quiet
from bench.stack import Target

ROWS = 10_000
FAIR_ROWS = 100_000
_FAIR_RATE, _FAIR_SECONDS = 20.0, 15.0
_POLL_SECONDS = 0.1
_JOB_SECONDS = 600.0
_QUIET_SECONDS = 300.0


@dataclass(frozen=True)
class Bulk:
    """One job: seconds to its 202, and from its first row to its last."""

    accepted_in: float
    seconds: float
    succeeded: int


class BulkBench:
    """Jobs of the first tenant; the second one issues one invoice at a time."""

    def __init__(self, target: Target, seed: str) -> None:
        self._target = target
        self._seed = seed
        self._bodies = make_bodies(seed)
        # 100,000 invoices fit into a request if they are short.
        self._short = sorted(self._bodies, key=len)[: len(self._bodies) // 10]
        self._url = f"http://127.0.0.1:{target.port}/v1/invoice-jobs"

    async def run_job(self, rows: int) -> Bulk:
        """A job of JSON lines from its request to its end."""
        async with aiohttp.ClientSession(headers=self._headers()) as http:
            began = time.perf_counter()
            job = await self._submit(http, rows)
            accepted_in = time.perf_counter() - began
            async with asyncio.timeout(_JOB_SECONDS):
                while job["status"] in {"queued", "running"}:
                    await asyncio.sleep(_POLL_SECONDS)
                    job = await self._get(http, job["id"])
        return Bulk(accepted_in, time.perf_counter() - began - accepted_in, job["succeeded"])

    async def measure_neighbour(self) -> tuple[float, float]:
        """The other tenant's p95 in milliseconds, alone and beside a job that does not end meanwhile."""
        alone = await self._post_beside("alone")
        async with aiohttp.ClientSession(headers=self._headers()) as http:
            job = await self._submit(http, FAIR_ROWS)
            beside = await self._post_beside("beside")
            state = await self._get(http, job["id"])
            if state["status"] != "running":
                raise SystemExit(f"the job did not run all the while: {state}")
            async with http.post(f"{self._url}/{job['id']}/cancel") as answer:
                answer.raise_for_status()
        return alone, beside

    async def work_off(self) -> None:
        """Until everything that the jobs began has been done."""
        await wait_until_quiet(self._target, _QUIET_SECONDS)

    async def _post_beside(self, name: str) -> float:
        count = int(_FAIR_RATE * _FAIR_SECONDS)
        key, run = self._target.neighbour.api_key, f"{self._seed}-{name}"
        requests = list(make_requests(self._bodies, count, api_key=key, run=run))
        answers = await post_at_rate(self._target.port, requests, _FAIR_RATE)
        return percentile([_milliseconds(answer) for answer in answers], 0.95)

    async def _submit(self, http: aiohttp.ClientSession, rows: int) -> dict[str, Any]:
        run = f"{self._seed}-{rows}-{time.time_ns() % 10**6}"
        bodies = self._bodies if rows <= ROWS else self._short
        content = await asyncio.to_thread(make_lines, bodies, rows, run=run)
        headers = {"content-type": "application/x-ndjson", "idempotency-key": run}
        async with http.post(self._url, data=content, headers=headers) as answer:
            if answer.status != 202:
                raise SystemExit(await answer.text())
            job: dict[str, Any] = await answer.json()
            return job

    async def _get(self, http: aiohttp.ClientSession, job_id: str) -> dict[str, Any]:
        async with http.get(f"{self._url}/{job_id}") as answer:
            job: dict[str, Any] = await answer.json()
            return job

    def _headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self._target.account.api_key}"}


async def measure_bulk(target: Target, seed: str) -> list[Figure]:
    """Small batches, pace and fairness of bulk jobs."""
    bench = BulkBench(target, seed)
    bulk = await bench.run_job(ROWS)
    await bench.work_off()
    alone, beside = await bench.measure_neighbour()
    return [
        at_most(f"202 for a job of {ROWS:,} rows", "s", bulk.accepted_in, 2),
        at_least("bulk rows/s, 202 → all issued", "/s", bulk.succeeded / bulk.seconds, 2000),
        at_least(f"rows issued of {ROWS:,}", "", bulk.succeeded, ROWS),
        Figure(f"another tenant's p95 at {_FAIR_RATE:g}/s, alone", "ms", round(alone, 2)),
        Figure(f"another tenant's p95 at {_FAIR_RATE:g}/s, beside a job", "ms", round(beside, 2)),
        at_most("what a job adds to another tenant's p95", "%", (beside / alone - 1) * 100, 20),
    ]


def _milliseconds(answer: Answer) -> float:
    return answer.seconds * 1000 if answer.status == 201 else float("inf")
