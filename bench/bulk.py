"""Bulk jobs under measurement: rows a second, and what they cost somebody who issues one invoice at a time."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from bench.figures import Figure, at_least, at_most, percentile
from bench.invoices import make_bodies, make_lines, make_requests
from bench.load import Answer, post_at_rate
from bench.paths import load_last_archived, wait_until_quiet
from bench.processes import read_memory
from bench.stack import Target

ROWS = 10_000
FAIR_ROWS = 100_000
_FAIR_RATE, _FAIR_SECONDS, _FAIR_TURNS = 20.0, 5.0, 8
_POLL_SECONDS = 0.1
_JOB_SECONDS = 600.0
_QUIET_SECONDS = 1200.0
_MEMORY_SECONDS = 2.0
# For so long after somebody has issued singly, as the warming up does, jobs give way: their pace is measured after it.
_GIVING_WAY_SECONDS = 5.5


@dataclass(frozen=True)
class Bulk:
    """One job: seconds to its 202, and from there to its last row; bytes of all Python processes meanwhile."""

    id: str
    accepted_in: float
    seconds: float
    succeeded: int
    memory: Sequence[int]


@dataclass(frozen=True)
class Neighbour:
    """Another tenant's p95 in milliseconds, alone and beside a job, and the job's rows a second meanwhile."""

    alone: float
    beside: float
    pace: float


@dataclass(frozen=True)
class Download:
    seconds: float
    size: int


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
        """A job of JSON lines from its request to its end, while nobody else issues."""
        await asyncio.sleep(_GIVING_WAY_SECONDS)
        async with aiohttp.ClientSession(headers=self._headers()) as http:
            began = time.perf_counter()
            job = await self._submit(http, rows)
            accepted_in = time.perf_counter() - began
            memory: list[int] = []
            async with asyncio.timeout(_JOB_SECONDS):
                while job["status"] in {"queued", "running", "paused"}:
                    await asyncio.sleep(_POLL_SECONDS)
                    job = await self._get(http, job["id"])
                    if time.perf_counter() - began > len(memory) * _MEMORY_SECONDS:
                        memory.append(await asyncio.to_thread(read_memory, self._target.pids))
        seconds = time.perf_counter() - began - accepted_in
        return Bulk(job["id"], accepted_in, seconds, job["succeeded"], memory)

    async def measure_neighbour(self) -> Neighbour:
        """Alone and beside a job in turns, so that whatever else the machine does concerns both alike.

        The job is paused and everything it has begun worked off before the other tenant is measured alone.
        """
        alone: list[float] = []
        beside: list[float] = []
        rows, seconds = 0, 0.0
        async with aiohttp.ClientSession(headers=self._headers()) as http:
            job = await self._submit(http, FAIR_ROWS)
            await self._act(http, job, "pause")
            for turn in range(_FAIR_TURNS):
                await self.work_off()
                alone += await self._post_singly(f"alone-{turn}")
                before, began = await self._act(http, job, "resume"), time.perf_counter()
                beside += await self._post_singly(f"beside-{turn}")
                after = await self._act(http, job, "pause")
                rows, seconds = (
                    rows + after["succeeded"] - before["succeeded"],
                    seconds + time.perf_counter() - began,
                )
            await self._act(http, job, "cancel")
        return Neighbour(percentile(alone, 0.95), percentile(beside, 0.95), rows / seconds)

    async def download(self, job_id: str, form: str) -> Download:
        """All rows of a job as a table."""
        size, began = 0, time.perf_counter()
        async with aiohttp.ClientSession(headers=self._headers()) as http:
            url = f"{self._url}/{job_id}/result.{form}"
            async with http.get(url, timeout=aiohttp.ClientTimeout(total=_JOB_SECONDS)) as answer:
                answer.raise_for_status()
                async for piece in answer.content.iter_any():
                    size += len(piece)
        return Download(time.perf_counter() - began, size)

    async def work_off(self) -> float:
        """Until everything that the jobs began has been done; seconds."""
        return await wait_until_quiet(self._target, _QUIET_SECONDS)

    async def _post_singly(self, name: str) -> list[float]:
        """Milliseconds of each answer to the other tenant."""
        count = int(_FAIR_RATE * _FAIR_SECONDS)
        key, run = self._target.neighbour.api_key, f"{self._seed}-{name}"
        requests = list(make_requests(self._bodies, count, api_key=key, run=run))
        return [
            _milliseconds(answer) for answer in await post_at_rate(self._target.port, requests, _FAIR_RATE)
        ]

    async def _act(self, http: aiohttp.ClientSession, job: dict[str, Any], action: str) -> dict[str, Any]:
        async with http.post(f"{self._url}/{job['id']}/{action}") as answer:
            if answer.status != 200:
                raise SystemExit(f"the job did not run all the while: {await answer.text()}")
            changed: dict[str, Any] = await answer.json()
            return changed

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
    neighbour = await bench.measure_neighbour()
    return [
        at_most(f"202 for a job of {ROWS:,} rows", "s", bulk.accepted_in, 2),
        at_least("bulk rows/s, 202 → all issued", "/s", bulk.succeeded / bulk.seconds, 2000),
        at_least(f"rows issued of {ROWS:,}", "", bulk.succeeded, ROWS),
        Figure(f"another tenant's p95 at {_FAIR_RATE:g}/s, alone", "ms", round(neighbour.alone, 2)),
        Figure(f"another tenant's p95 at {_FAIR_RATE:g}/s, beside a job", "ms", round(neighbour.beside, 2)),
        Figure("bulk rows/s beside the other tenant", "/s", round(neighbour.pace)),
        at_most(
            "what a job adds to another tenant's p95", "%", (neighbour.beside / neighbour.alone - 1) * 100, 20
        ),
    ]


async def measure_whole_job(target: Target, seed: str, rows: int) -> list[Figure]:
    """One job to its end, everything that follows from it included, and its results as tables."""
    bench = BulkBench(target, seed)
    began = time.time()
    bulk = await bench.run_job(rows)
    issued = time.perf_counter()
    csv, xlsx = await bench.download(bulk.id, "csv"), await bench.download(bulk.id, "xlsx")
    await bench.work_off()
    archived = await load_last_archived(target)
    first, last = bulk.memory[0], bulk.memory[-1]
    return [
        at_most(f"202 for a job of {rows:,} rows", "s", bulk.accepted_in, 2),
        at_least("bulk rows/s, 202 → all issued", "/s", bulk.succeeded / bulk.seconds, 1000),
        at_least(f"rows issued of {rows:,}", "", bulk.succeeded, rows),
        Figure(
            "seconds from the last row until all is told, shown and archived",
            "s",
            time.perf_counter() - issued,
        ),
        at_least(
            "invoices archived a second, from the upload to the last", "/s", rows / (archived - began), 600
        ),
        Figure("memory of all Python processes, first", "MB", first / 2**20),
        Figure("memory of all Python processes, most", "MB", max(bulk.memory) / 2**20),
        Figure("memory of all Python processes, last", "MB", last / 2**20),
        Figure(f"result.csv of {csv.size / 2**20:.1f} MB", "s", csv.seconds),
        Figure(f"result.xlsx of {xlsx.size / 2**20:.1f} MB", "s", xlsx.seconds),
    ]


def _milliseconds(answer: Answer) -> float:
    return answer.seconds * 1000 if answer.status == 201 else float("inf")
