"""Batches wait for their turn; one tenant's many do not fill the queue."""

import asyncio
from uuid import uuid4

import pytest

from libs.common.ids import TenantId
from services.render.print.errors import PrintingBusy
from services.render.print.turns import Turns

pytestmark = pytest.mark.fast


async def test_turns_are_bounded_and_a_tenant_has_only_so_many() -> None:
    turns = Turns(at_once=2, of_tenant=3)
    tenant, other = TenantId(uuid4()), TenantId(uuid4())
    inside, gate = asyncio.Semaphore(0), asyncio.Event()
    most = running = 0

    async def work(who: TenantId) -> None:
        nonlocal most, running
        async with turns.take(who):
            running += 1
            most = max(most, running)
            inside.release()
            await gate.wait()
            running -= 1

    async with asyncio.TaskGroup() as group:
        for who in (tenant, tenant, tenant, other):
            group.create_task(work(who))
        await inside.acquire()
        await inside.acquire()
        with pytest.raises(PrintingBusy):
            await work(tenant)
        gate.set()
    assert most == 2
    await work(tenant)
