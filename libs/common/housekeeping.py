"""Deletes what has served its time, in small bounded batches."""

from libs.common.db import Pool, transaction

PRUNE_OUTBOX = """
delete from outbox
where id in (
  select id from outbox where published_at < now() - interval '7 days' order by published_at limit 5000
)
"""
PRUNE_IDEMPOTENCY_KEYS = """
delete from idempotency_keys
where (tenant_id, route, key) in (
  select tenant_id, route, key from idempotency_keys where created_at < now() - interval '30 days' limit 5000
)
"""
PRUNE_REVOKED_SESSIONS = """
delete from revoked_sessions
where session_id in (
  select session_id from revoked_sessions where expires_at < now() - interval '1 day' limit 5000
)
"""
# They hold whole events, and so the names of buyers; what still waits is never deleted.
PRUNE_DEAD_LETTERS = """
delete from dead_letters
where id in (select id from dead_letters where replayed_at < now() - interval '30 days' limit 5000)
"""
PRUNE = (PRUNE_OUTBOX, PRUNE_IDEMPOTENCY_KEYS, PRUNE_REVOKED_SESSIONS, PRUNE_DEAD_LETTERS)


async def keep_house(pool: Pool) -> bool:
    """One round; True while there is more of anything."""
    has_more = False
    for statement in PRUNE:
        async with transaction(pool) as tx:
            has_more |= (await tx.execute(statement)) == "DELETE 5000"
    return has_more
