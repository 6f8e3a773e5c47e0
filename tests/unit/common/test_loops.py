"""Loops that outlive bad rounds and stop at once; heartbeats and what health makes of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from statistics import mean

import httpx
import pytest
from structlog.testing import capture_logs

from deploy.local.process import wait_until
from libs.common.health import Health, internal_app
from libs.common.loops import Heartbeats, Loop, backoff_seconds, run_loop
from libs.common.problems import Unavailable

pytestmark = pytest.mark.fast


class Rounds:
    """Raises the given errors, then does a round that has nothing more to do, and tells the loop to stop."""

    def __init__(self, *errors: Exception, stop: asyncio.Event) -> None:
        self._errors, self._stop = list(errors), stop

    async def step(self) -> bool:
        if self._errors:
            raise self._errors.pop(0)
        self._stop.set()
        return False


@asynccontextmanager
async def open_health(health: Health) -> AsyncIterator[Callable[[str], Awaitable[httpx.Response]]]:
    transport = httpx.ASGITransport(app=internal_app(health))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

        async def get(path: str) -> httpx.Response:
            return await client.get(path)

        yield get


def test_backoff_doubles_from_a_tenth_of_a_second_to_ten_with_jitter() -> None:
    for failures, middle in ((1, 0.1), (2, 0.2), (3, 0.4), (7, 6.4), (8, 10.0), (1000, 10.0)):
        pauses = [backoff_seconds(failures) for _ in range(2000)]
        assert 0.5 * middle <= min(pauses)
        assert max(pauses) <= 1.5 * middle
        assert mean(pauses) == pytest.approx(middle, rel=0.1)
        assert len(set(pauses)) > 1000


async def test_loop_outlives_bad_rounds_and_tells_operational_from_unexpected_ones() -> None:
    stop = asyncio.Event()
    rounds = Rounds(Unavailable(), RuntimeError("bug"), TimeoutError(), stop=stop)
    with capture_logs() as lines:
        await run_loop(Loop("demo", rounds.step, idle_seconds=60), stop, Heartbeats())
    assert [(line["log_level"], line["failures"]) for line in lines] == [
        ("warning", 1),
        ("error", 2),
        ("warning", 3),
    ]


async def test_loop_resting_or_backing_off_stops_at_once() -> None:
    async def fail() -> bool:
        raise RuntimeError

    for step in (Rounds(stop=asyncio.Event()).step, fail):
        stop = asyncio.Event()
        task = asyncio.create_task(run_loop(Loop("demo", step, idle_seconds=3600), stop, Heartbeats()))
        await asyncio.sleep(0)
        stop.set()
        await asyncio.wait_for(task, 60)


async def test_loop_that_has_more_to_do_does_not_rest() -> None:
    stop, rounds = asyncio.Event(), iter([True] * 100)

    async def step() -> bool:
        has_more = next(rounds, False)
        if not has_more:
            stop.set()
        return has_more

    await asyncio.wait_for(run_loop(Loop("demo", step, idle_seconds=3600), stop, Heartbeats()), 60)


async def test_loop_that_hangs_turns_liveness_off_until_it_turns_again() -> None:
    health = Health(heartbeats=Heartbeats(stuck_seconds=0.5))
    stop, gate = asyncio.Event(), asyncio.Event()

    async def hang() -> bool:
        await gate.wait()
        return False

    async with open_health(health) as get, asyncio.TaskGroup() as group:
        for name, step in (("hangs", hang), ("turns", Rounds(stop=asyncio.Event()).step)):
            group.create_task(run_loop(Loop(name, step, idle_seconds=0.05), stop, health.heartbeats))
        assert (await get("/health/live")).json() == {"live": True, "stuck": []}

        async def is_dead() -> bool:
            return (await get("/health/live")).status_code == 503

        await wait_until(is_dead, 60, "the watchdog")
        assert "hangs" in (await get("/health/live")).json()["stuck"]
        gate.set()

        async def is_alive() -> bool:
            return not await is_dead()

        await wait_until(is_alive, 60, "the loop")
        stop.set()


def test_heartbeat_of_a_loop_at_rest_on_purpose_is_not_stuck() -> None:
    heartbeats = Heartbeats(stuck_seconds=0.0)
    heartbeats.beat("housekeeping", rest_seconds=600)
    assert heartbeats.stuck() == []
    heartbeats.beat("housekeeping", rest_seconds=-1)
    assert heartbeats.stuck() == ["housekeeping"]


async def test_readiness_names_every_reason_and_liveness_asks_nobody() -> None:
    async def database() -> None:
        raise Unavailable("The database did not answer.")

    async def keys() -> None:
        raise RuntimeError("no signing key")

    health = Health(checks={"database": database, "signing_keys": keys}, is_draining=True)
    async with open_health(health) as get:
        answer = await get("/health/ready")
        assert (answer.status_code, answer.json()) == (
            503,
            {
                "ready": False,
                "reasons": {
                    "process": "draining",
                    "database": "The database did not answer.",
                    "signing_keys": "no signing key",
                },
            },
        )
        assert (await get("/health/live")).status_code == 200
        health.checks.clear()
        health.is_draining = False
        assert (await get("/health/ready")).json() == {"ready": True, "reasons": {}}
        assert "openfapiao_" in (await get("/metrics")).text
