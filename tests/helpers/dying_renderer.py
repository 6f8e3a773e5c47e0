"""A renderer that is killed after its first put and before its commit: `python -m tests.helpers.dying_renderer`."""

import asyncio
import os
import signal
from datetime import timedelta

from services.render.archive import Archive
from services.render.domain import Pack, Put, StoredPack
from services.render.drawing import DRAWERS
from services.render.renderer import Renderer
from services.render.resources import open_resources
from services.render.settings import RenderSettings


async def main() -> None:
    settings = RenderSettings()
    async with open_resources(settings, "dying") as resources:
        put = resources.archive.store

        async def put_and_die(pack: Pack, planned: Put) -> StoredPack:
            await put(pack, planned)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError("still alive")

        archive: Archive = resources.archive
        archive.store = put_and_die  # type: ignore[assignment,method-assign]
        await archive.prove()
        lease = timedelta(seconds=settings.render_lease_seconds)
        batch, sealer = settings.render_batch, resources.sealer
        renderer = Renderer(resources.pool, archive, DRAWERS, sealer=sealer, batch=batch, lease=lease)
        await renderer.step()


if __name__ == "__main__":
    asyncio.run(main())
