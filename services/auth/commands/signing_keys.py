"""Keep, rotate and retire signing keys; safe to run in any number of processes at once."""

from datetime import datetime

from libs.common.db import Tx
from libs.common.log import get_logger
from services.auth.domain.signing_keys import SigningKey, Upkeep, brought_forward, next_key, upkeep
from services.auth.secret_keys import SecretKeys
from services.auth.store.signing_keys import (
    delete_signing_keys,
    insert_signing_key,
    load_signing_keys,
    lock_signing_keys,
    save_activation,
)
from services.auth.tokens import SigningPair

log = get_logger(__name__)


async def make_first_keys(tx: Tx, secret_keys: SecretKeys, *, now: datetime) -> None:
    """So that an api process can start in an empty database, before any worker."""
    await lock_signing_keys(tx)
    if not await load_signing_keys(tx):
        await _make(tx, secret_keys, upkeep((), now), now)


async def keep_signing_keys(tx: Tx, secret_keys: SecretKeys, *, now: datetime) -> None:
    """A round of the worker: a next key where there is none, an end to those that are over."""
    await lock_signing_keys(tx)
    work = upkeep(await load_signing_keys(tx), now)
    await _make(tx, secret_keys, work, now)
    if work.discarded:
        await delete_signing_keys(tx, work.discarded)
        log.info("signing_keys_retired", key_ids=work.discarded)


async def rotate_signing_key(tx: Tx, *, now: datetime) -> SigningKey | None:
    """Let the next key sign as soon as every cache has seen it; None if there is no next key yet."""
    await lock_signing_keys(tx)
    waiting = next_key(await load_signing_keys(tx), now)
    if waiting is None:
        return None
    key = brought_forward(waiting, now)
    await save_activation(tx, key)
    log.info("signing_key_brought_forward", key_id=key.id, active_from=key.active_from)
    return key


async def _make(tx: Tx, secret_keys: SecretKeys, work: Upkeep, now: datetime) -> None:
    for active_from in work.activations:
        pair = SigningPair.generate()
        sealed = secret_keys.seal(pair.id, pair.private_bytes())
        await insert_signing_key(tx, SigningKey(pair.id, sealed, active_from, now))
        log.info("signing_key_made", key_id=pair.id, active_from=active_from)
