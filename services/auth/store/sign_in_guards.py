"""Wrong passwords and locks, by digest of the name as typed."""

from datetime import datetime

from libs.common.db import Tx
from services.auth.domain.lockout import Guard

LOAD_GUARD = "select failed_at, locked_until from sign_in_guards where name_digest = $1"


async def load_guard(tx: Tx, name_digest: bytes) -> Guard:
    """How the name stands, without a lock."""
    row = await tx.fetchrow(LOAD_GUARD, name_digest)
    return Guard() if row is None else Guard(tuple(row["failed_at"]), row["locked_until"])


# Creates the row where there is none, so that outcomes of parallel attempts are counted one after another.
LOCK_GUARD = """
insert into sign_in_guards (name_digest, failed_at, updated_at)
values ($1, '{}', $2)
on conflict (name_digest) do update set updated_at = excluded.updated_at
returning failed_at, locked_until
"""


async def lock_guard(tx: Tx, name_digest: bytes, now: datetime) -> Guard:
    """How the name stands; nobody else decides about it until the transaction ends."""
    row = await tx.fetchrow(LOCK_GUARD, name_digest, now)
    assert row is not None  # noqa: S101 - an upsert returns its row
    return Guard(tuple(row["failed_at"]), row["locked_until"])


SAVE_GUARD = "update sign_in_guards set failed_at = $2, locked_until = $3 where name_digest = $1"


async def save_guard(tx: Tx, name_digest: bytes, guard: Guard) -> None:
    await tx.execute(SAVE_GUARD, name_digest, list(guard.failed_at), guard.locked_until)


DELETE_GUARD = "delete from sign_in_guards where name_digest = $1"


async def delete_guard(tx: Tx, name_digest: bytes) -> None:
    await tx.execute(DELETE_GUARD, name_digest)


PRUNE_GUARDS = """
delete from sign_in_guards
where name_digest in (
  select name_digest from sign_in_guards where updated_at < $1 order by updated_at limit 5000
)
"""


async def prune_guards(tx: Tx, before: datetime) -> bool:
    """A bounded batch of guards that no longer count; True while there may be more."""
    return (await tx.execute(PRUNE_GUARDS, before)) == "DELETE 5000"
