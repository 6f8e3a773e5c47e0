"""Closes every day of every tenant under one signed Merkle root, a little after midnight in Shanghai.

What became ready on the day and is in no root yet becomes a leaf; what commits later falls into the next day. A root,
its tiles, the marks on the documents and the event commit together: a killed worker leaves nothing or all of it.
"""

from collections.abc import AsyncIterator, Callable
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

import asyncpg

from libs.common import outbox
from libs.common.clock import SHANGHAI, shanghai_day, utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.log import get_logger
from services.render.events import day_sealed
from services.render.merkle import TILE_LEAVES, build_tiles, hash_leaf, root_of
from services.render.metrics import DAY_UNSEALED_SECONDS
from services.render.seal import DAY_ROOT_TYPE, Sealer, encode_canonical
from services.render.store.day_root import (
    DayRoot,
    OpenDay,
    find_open_day,
    insert_root,
    insert_tiles,
    list_leaves,
    mark_sealed,
    read_leaf,
    save_key,
    take_turn,
)

log = get_logger(__name__)

# Documents that were ready just before midnight have committed by then.
GRACE = timedelta(minutes=10)
# Rows in memory: whole tiles, so that each is written once.
BATCH = 8 * TILE_LEAVES
_FIRST = (UUID(int=0), "", 0)


class DaySealer:
    """`step()` seals one day of one tenant. Of several processes one works, the others look again later."""

    def __init__(self, pool: Pool, sealer: Sealer, *, now: Callable[[], datetime] = utc_now) -> None:
        self._pool = pool
        self._sealer = sealer
        self._now = now
        self._closed: date | None = None
        self._put_aside: set[TenantId] = set()

    async def step(self) -> bool:
        """True until nothing of the days that are over is left.

        A tenant whose day cannot be sealed is put aside, so that the others do not wait for it, and tried again later.
        """
        now = self._now()
        day = shanghai_day(now - GRACE) - timedelta(days=1)
        if day == self._closed:
            return False
        DAY_UNSEALED_SECONDS.set((now - end_of(day)).total_seconds())
        found: OpenDay | None = None
        try:
            async with transaction(self._pool) as tx:
                if not await take_turn(tx):
                    return False
                await save_key(tx, self._sealer.public_key, now=now)
                found = await find_open_day(tx, ends=end_of(day), day=day, without=self._put_aside)
                root = None if found is None else await self._seal(tx, found, now)
        except Exception:
            if found is not None:
                self._put_aside.add(found.tenant)
            raise
        if root is None:
            self._end_round(day)
            return False
        log.info("day_sealed", tenant=str(root.tenant), day=str(root.day), documents=root.documents)
        return True

    def _end_round(self, day: date) -> None:
        """Nothing of the day is left but what was put aside."""
        if not self._put_aside:
            self._closed = day
            DAY_UNSEALED_SECONDS.set(0)
        self._put_aside.clear()

    async def _seal(self, tx: Tx, found: OpenDay, now: datetime) -> DayRoot:
        day = shanghai_day(found.oldest)
        if found.last_day is not None:
            day = max(day, found.last_day + timedelta(days=1))
        documents = 0
        tile_roots: list[bytes] = []
        async for rows in _batches(tx, found, end_of(day)):
            tiles = list(build_tiles(hash_leaf(encode_canonical(read_leaf(row))) for row in rows))
            await insert_tiles(tx, found.tenant, day, tiles, first=len(tile_roots))
            keys = [(row["invoice_id"], row["format"], row["version"]) for row in rows]
            await mark_sealed(tx, found.tenant, day, keys, first=documents)
            tile_roots += [tile.root for tile in tiles]
            documents += len(rows)
        root = self._sign(found, day, documents, tile_roots, now)
        await insert_root(tx, root)
        await outbox.append_many(tx, [day_sealed(root)], now=now)
        return root

    def _sign(
        self, found: OpenDay, day: date, documents: int, tile_roots: list[bytes], now: datetime
    ) -> DayRoot:
        previous = None if found.last_payload is None else sha256(found.last_payload).digest()
        root = root_of(tile_roots)
        payload = encode_canonical(
            {
                "tenant_id": str(found.tenant),
                "day": day.isoformat(),
                "documents": documents,
                "root": root.hex(),
                "previous": previous and previous.hex(),
            }
        )
        return DayRoot(
            tenant=found.tenant,
            day=day,
            documents=documents,
            root=root,
            previous=previous,
            payload=payload,
            key_id=self._sealer.public_key.id,
            signature=self._sealer.sign(DAY_ROOT_TYPE, payload),
            tile_roots=b"".join(tile_roots),
            sealed_at=now,
        )


async def _batches(tx: Tx, found: OpenDay, ends: datetime) -> AsyncIterator[list[asyncpg.Record]]:
    """The documents of the day in the order of the leaves, in whole tiles but for the last batch.

    What commits after that was read waits for the next day, or a tile in the middle would not be whole.
    """
    after, is_whole = _FIRST, True
    while is_whole and (rows := await list_leaves(tx, found.tenant, ends=ends, after=after, limit=BATCH)):
        after = (rows[-1]["invoice_id"], rows[-1]["format"], rows[-1]["version"])
        is_whole = len(rows) == BATCH
        yield rows


def end_of(day: date) -> datetime:
    """The midnight with which it ends in Shanghai."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI)


def next_closing(now: datetime) -> datetime:
    """When the day is closed that is still open at `now`."""
    return end_of(shanghai_day(now - GRACE)) + GRACE
