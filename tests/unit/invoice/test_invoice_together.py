"""Pieces of one round: none cuts off another, and no failure is lost."""

import asyncio

import pytest
from structlog.testing import capture_logs

from services.invoice.authority.together import together

pytestmark = pytest.mark.fast


async def test_a_failure_waits_for_the_others_and_a_second_one_is_logged() -> None:
    ended: list[str] = []

    async def fail(error: Exception) -> None:
        raise error

    async def work() -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        ended.append("work")

    with capture_logs() as logs, pytest.raises(ValueError, match="first"):
        await together([fail(ValueError("first")), fail(KeyError("second")), work()])
    assert ended == ["work"]
    assert [(entry["event"], repr(entry["exc_info"])) for entry in logs] == [
        ("piece_of_round_failed", "KeyError('second')")
    ]


async def test_results_come_in_order() -> None:
    async def give(value: int) -> int:
        await asyncio.sleep(0)
        return value

    assert await together(give(value) for value in range(3)) == [0, 1, 2]
