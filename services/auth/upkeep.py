"""Rounds of the worker: signing keys come and go, and what has served its time is deleted."""

from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from services.auth.commands.signing_keys import keep_signing_keys
from services.auth.domain.failures import HOUR
from services.auth.domain.lockout import LOCK, WINDOW
from services.auth.secret_keys import SecretKeys
from services.auth.store.failed_sign_ins import prune_failures
from services.auth.store.sessions import prune_sessions
from services.auth.store.sign_in_guards import prune_guards

SESSIONS_KEPT = timedelta(days=30)


async def keep_keys(pool: Pool, secret_keys: SecretKeys) -> bool:
    async with transaction(pool) as tx:
        await keep_signing_keys(tx, secret_keys, now=utc_now())
    return False


async def prune(pool: Pool) -> bool:
    """One bounded batch of each; True while there is more."""
    async with transaction(pool) as tx:
        has_guards = await prune_guards(tx, utc_now() - max(WINDOW, LOCK))
    async with transaction(pool) as tx:
        has_sessions = await prune_sessions(tx, utc_now() - SESSIONS_KEPT)
    async with transaction(pool) as tx:
        has_failures = await prune_failures(tx, utc_now() - HOUR)
    return has_guards or has_sessions or has_failures
