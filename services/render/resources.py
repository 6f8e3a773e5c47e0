"""What a process of render holds open: its pool and its archive, closed in reverse order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from libs.common.db import Pool
from libs.common.object_store import ObjectStore
from libs.common.process import open_service_pool
from services.render.archive import Archive
from services.render.settings import RenderSettings


@dataclass(frozen=True, slots=True)
class Resources:
    """Shared by the requests or the loops of one process."""

    pool: Pool
    archive: Archive
    public_url: str
    link_secret: bytes


@asynccontextmanager
async def open_resources(
    settings: RenderSettings, process: str, *, read_seconds: float = 10.0
) -> AsyncIterator[Resources]:
    """`read_seconds` bounds each wait for the archive."""
    objects = ObjectStore(
        settings.s3_url,
        settings.s3_access_key,
        settings.s3_secret_key.get_secret_value(),
        read_seconds=read_seconds,
    )
    try:
        async with open_service_pool(settings, f"render-{process}") as pool:
            yield Resources(
                pool=pool,
                archive=Archive(objects, settings.s3_bucket, timedelta(days=settings.retention_days)),
                public_url=settings.public_url,
                link_secret=settings.link_secret.get_secret_value().encode(),
            )
    finally:
        objects.close()
