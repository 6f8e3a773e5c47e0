"""Signing keys, sealed."""

from collections.abc import Sequence

from libs.common.db import Tx
from services.auth.domain.signing_keys import SigningKey

_LOCK = 0x6F666B31  # "ofk1"

LOCK_SIGNING_KEYS = "select pg_advisory_xact_lock($1)"


async def lock_signing_keys(tx: Tx) -> None:
    """One process at a time decides about keys; the others then see what it did."""
    await tx.execute(LOCK_SIGNING_KEYS, _LOCK)


LOAD_SIGNING_KEYS = """
select id, sealed_private_key, active_from, created_at
from signing_keys
order by active_from, id
"""


async def load_signing_keys(tx: Tx) -> tuple[SigningKey, ...]:
    """Oldest first."""
    return tuple(SigningKey(*row.values()) for row in await tx.fetch(LOAD_SIGNING_KEYS))


INSERT_SIGNING_KEY = """
insert into signing_keys (id, sealed_private_key, active_from, created_at)
values ($1, $2, $3, $4)
"""


async def insert_signing_key(tx: Tx, key: SigningKey) -> None:
    await tx.execute(INSERT_SIGNING_KEY, key.id, key.sealed_private_key, key.active_from, key.created_at)


SAVE_ACTIVATION = "update signing_keys set active_from = $2 where id = $1"


async def save_activation(tx: Tx, key: SigningKey) -> None:
    await tx.execute(SAVE_ACTIVATION, key.id, key.active_from)


DELETE_SIGNING_KEYS = "delete from signing_keys where id = any($1::text[])"


async def delete_signing_keys(tx: Tx, ids: Sequence[str]) -> None:
    await tx.execute(DELETE_SIGNING_KEYS, list(ids))
