"""`python -m services.auth.rotate_keys`: let the next signing key sign as soon as every cache has seen it.

Needs the worker's environment. The old key stays published until no token signed with it can be valid.
"""

import asyncio
import sys

import structlog

from libs.common.clock import rfc3339, utc_now
from libs.common.db import open_pool, transaction
from services.auth.commands.signing_keys import rotate_signing_key
from services.auth.settings import AuthSettings, load_settings


async def rotate(settings: AuthSettings) -> str:
    """When the next key signs, as a line for the operator."""
    async with (
        open_pool(settings.database_url, connections=1, name="auth-rotate-keys") as pool,
        transaction(pool) as tx,
    ):
        key = await rotate_signing_key(tx, now=utc_now())
    if key is None:
        raise SystemExit("no next key yet: the worker makes one within a minute")
    return f"{key.id} signs from {rfc3339(key.active_from)}\n"


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    sys.stdout.write(asyncio.run(rotate(load_settings())))
