"""What a process of render holds open: its pool and its archive, closed in reverse order."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from libs.common.db import Pool
from libs.common.object_store import ObjectStore
from libs.common.process import open_service_pool
from libs.common.rate_limit import RateLimits
from services.render.archive import Archive
from services.render.preview.errors import PreviewsBusy
from services.render.print.turns import Turns
from services.render.redrawing import Redrawer
from services.render.seal import Sealer, read_key
from services.render.settings import RenderSettings
from services.render.verification.jail import Jail
from services.render.verification.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Resources:
    """Shared by the requests or the loops of one process."""

    pool: Pool
    archive: Archive
    redrawer: Redrawer
    public_url: str
    link_secret: bytes
    verifier: Verifier
    verification_limits: RateLimits
    sealer: Sealer
    print_turns: Turns = field(default_factory=Turns)
    preview_turns: Turns = field(default_factory=lambda: Turns(of_tenant=4, busy=PreviewsBusy))


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
    redrawer = Redrawer()
    jail = Jail()
    try:
        async with open_service_pool(settings, f"render-{process}") as pool:
            archive = Archive(objects, settings.s3_bucket, timedelta(seconds=settings.short_lock_seconds))
            yield Resources(
                pool=pool,
                archive=archive,
                redrawer=redrawer,
                public_url=settings.public_url,
                link_secret=settings.link_secret.get_secret_value().encode(),
                verifier=Verifier(pool, archive, jail),
                verification_limits=RateLimits(settings.api_processes),
                sealer=Sealer(read_key(settings.seal_key.get_secret_value())),
            )
    finally:
        redrawer.close()
        jail.close()
        objects.close()
