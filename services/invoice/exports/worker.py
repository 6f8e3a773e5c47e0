"""Makes ordered exports, one at a time: builds, encrypts, stores and sends the archive; deletes expired ones.

A killed worker's export is taken over when its lease ends and begun anew, or sent again where it was stored.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from libs.common.clock import utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import new_id
from libs.common.log import get_logger
from libs.common.object_store import ObjectStore
from libs.common.problems import InternalError, Problem
from services.invoice.commands.end_export import end_export, fail_export
from services.invoice.domain.export import (
    MOST_ATTEMPTS,
    ClaimedExport,
    TargetKind,
    archive_key,
    archive_name,
    retry_delay,
)
from services.invoice.errors import ExportTargetRefused
from services.invoice.exports.builder import Builder, Progress
from services.invoice.exports.desk import ExportDesk
from services.invoice.exports.encryption import encrypt, measure
from services.invoice.exports.long_work import LongWork
from services.invoice.exports.workspace import open_workspace
from services.invoice.store.export import (
    advance_export,
    claim_export,
    forget_archives,
    save_archive,
    take_expired,
)

log = get_logger(__name__)

LEASE = timedelta(seconds=30)


class ExportWorker:
    """`step` and `expire` are steps of loops. `documents` is render's archive."""

    def __init__(
        self,
        pool: Pool,
        documents: ObjectStore,
        desk: ExportDesk,
        *,
        life: timedelta,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._pool, self._documents, self._desk = pool, documents, desk
        self._life, self._now = life, now
        self._progress = Progress()
        self._work = LongWork(claim=self._claim, make=self._make, hold=self._hold, settle=self._settle)

    async def step(self) -> bool:
        """Take one on, or look after the one that is being made."""
        return await self._work.step()

    async def _claim(self) -> ClaimedExport | None:
        async with transaction(self._pool) as tx:
            return await claim_export(tx, lease=LEASE, now=self._now())

    async def _hold(self, claimed: ClaimedExport) -> bool:
        """Keep the lease and show the progress; False where the export was cancelled or is in other hands."""
        until = self._now() + LEASE
        async with transaction(self._pool) as tx:
            return await advance_export(tx, claimed, self._progress.total, self._progress.done, until=until)

    async def _make(self, claimed: ClaimedExport) -> None:
        self._progress = Progress()
        with open_workspace(self._desk.folder) as folder:
            path = folder / "outgoing"
            if claimed.sha256 is None:
                path = await self._build(claimed, folder)
            elif claimed.order.target.kind is not TargetKind.PLATFORM:
                await asyncio.to_thread(self._desk.kept.fetch, archive_key(claimed.order), path)
            if claimed.order.target.kind is not TargetKind.PLATFORM:
                await asyncio.to_thread(self._send, claimed, path)

    async def _build(self, claimed: ClaimedExport, folder: Path) -> Path:
        """The archive, encrypted where that was asked for, stored on the platform and recorded."""
        path, missing = await Builder(self._pool, self._documents, claimed, self._progress).build(folder)
        if claimed.order.content.recipients:
            path = await asyncio.to_thread(encrypt, path, claimed.order.content.recipients)
        size, sha256 = await asyncio.to_thread(measure, path)
        await asyncio.to_thread(self._desk.kept.put, archive_key(claimed.order), path)
        await self._hold(claimed)
        expires_at = self._now() + self._life
        async with transaction(self._pool) as tx:
            is_ours = await save_archive(
                tx, claimed, size=size, sha256=sha256, missing=missing, expires_at=expires_at
            )
        if not is_ours:
            raise asyncio.CancelledError
        return path

    def _send(self, claimed: ClaimedExport, path: Path) -> None:
        place = self._desk.open_target(claimed.order, claimed.sealed_secrets)
        place.put(archive_name(claimed.order), path)

    async def _settle(self, claimed: ClaimedExport, work: asyncio.Task[None]) -> None:
        """Record how it ended."""
        identity = {"export_id": str(claimed.order.id), "attempt": claimed.attempt}
        if work.cancelled():
            log.info("export_given_up", **identity)
            return
        error = work.exception()
        async with transaction(self._pool) as tx:
            if error is None:
                is_ours = await end_export(tx, claimed, check_id=new_id(), now=self._now())
                log.info("export_finished" if is_ours else "export_given_up", **identity)
                return
            await self._fail(tx, claimed, error)
        log.warning("export_attempt_failed", error=repr(error), **identity)

    async def _fail(self, tx: Tx, claimed: ClaimedExport, error: BaseException) -> None:
        """Another attempt later, unless this was the last or none can help."""
        is_final = claimed.attempt >= MOST_ATTEMPTS or isinstance(error, ExportTargetRefused)
        problem = error if isinstance(error, Problem) else InternalError()
        now = self._now()
        later = now + retry_delay(claimed.attempt)
        await fail_export(tx, claimed, problem, is_final=is_final, next_attempt_at=later, now=now)

    async def expire(self) -> bool:
        """A loop's step: delete archives whose time is over."""
        async with transaction(self._pool) as tx:
            expired = await take_expired(tx, now=self._now())
        for _, _, key in expired:
            await asyncio.to_thread(self._desk.kept.delete, key)
        async with transaction(self._pool) as tx:
            await forget_archives(tx, [(tenant, export) for tenant, export, _ in expired])
        return len(expired) > 0

    async def close(self) -> None:
        """Let go of what is being made; another worker begins it anew."""
        await self._work.close()
