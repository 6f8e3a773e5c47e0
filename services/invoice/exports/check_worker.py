"""The restore check: fetches a kept archive from where it lies and compares it with the platform."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import structs

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from services.invoice.commands.end_export import end_export_check
from services.invoice.domain.export import (
    CheckReport,
    ClaimedCheck,
    Finding,
    TargetKind,
    archive_key,
    archive_name,
    retry_delay,
)
from services.invoice.errors import ExportTargetRefused, ExportTargetUnavailable
from services.invoice.exports.desk import ExportDesk
from services.invoice.exports.inspection import Inspection, inspect
from services.invoice.exports.long_work import LongWork
from services.invoice.exports.workspace import open_workspace
from services.invoice.store.document import load_hashes
from services.invoice.store.export_check import claim_check, delay_check, hold_check

log = get_logger(__name__)

LEASE = timedelta(seconds=30)
_MOST_ATTEMPTS = 5
_GONE = frozenset({"NoSuchKey", "NoSuchBucket", "404", "410"})


class CheckWorker:
    """`step` is a step of a loop."""

    def __init__(self, pool: Pool, desk: ExportDesk, *, now: Callable[[], datetime] = utc_now) -> None:
        self._pool, self._desk, self._now = pool, desk, now
        self._work = LongWork(claim=self._claim, make=self._make, hold=self._hold, settle=self._settle)

    async def step(self) -> bool:
        """Take one on, or look after the one that is under way."""
        return await self._work.step()

    async def close(self) -> None:
        await self._work.close()

    async def _claim(self) -> ClaimedCheck | None:
        async with transaction(self._pool) as tx:
            return await claim_check(tx, lease=LEASE, now=self._now())

    async def _hold(self, claimed: ClaimedCheck) -> bool:
        async with transaction(self._pool) as tx:
            return await hold_check(tx, claimed, until=self._now() + LEASE)

    async def _make(self, claimed: ClaimedCheck) -> CheckReport:
        """Raises ExportTargetUnavailable where another attempt may help."""
        try:
            inspection = await asyncio.to_thread(self._fetch, claimed)
        except ExportTargetRefused as error:
            return CheckReport(findings=(Finding("archive-missing", found=str(error.values["reason"])),))
        except ExportTargetUnavailable as error:
            reason = str(error.values["reason"])
            if reason not in _GONE and claimed.attempt < _MOST_ATTEMPTS:
                raise
            return CheckReport(findings=(Finding("archive-missing", found=reason),))
        return await self._compare(claimed, inspection)

    def _fetch(self, claimed: ClaimedCheck) -> Inspection:
        """From the very place where the tenant would take it from."""
        export = claimed.export
        with open_workspace(self._desk.folder) as folder:
            path = folder / archive_name(export)
            if export.target.kind is TargetKind.PLATFORM:
                self._desk.kept.fetch(archive_key(export), path)
            else:
                self._desk.open_target(export, claimed.sealed_secrets).fetch(archive_name(export), path)
            return inspect(path, claimed)

    async def _compare(self, claimed: ClaimedCheck, inspection: Inspection) -> CheckReport:
        """Documents with the hashes that render recorded; one drawn anew since has only its manifest."""
        report, sample = inspection
        invoices = [UUID(document.invoice_id) for document in sample]
        async with transaction(self._pool) as tx:
            hashes = await load_hashes(tx, claimed.order.tenant, invoices)
        findings = [
            Finding("document-differs", document.name, recorded, document.sha256)
            for document in sample
            if (recorded := hashes.get((document.invoice_id, document.format, document.version)))
            and recorded != document.sha256
        ]
        findings = [*report.findings, *findings]
        return structs.replace(report, documents_checked=len(sample), findings=tuple(findings))

    async def _settle(self, claimed: ClaimedCheck, work: "asyncio.Task[CheckReport]") -> None:
        if work.cancelled():
            return
        error, now = work.exception(), self._now()
        async with transaction(self._pool) as tx:
            if error is not None:
                await delay_check(tx, claimed, until=now + retry_delay(claimed.attempt))
            else:
                await end_export_check(tx, claimed, work.result(), now=now)
        identity = {"check_id": str(claimed.order.id), "export_id": str(claimed.order.export_id)}
        if error is not None:
            log.warning("export_check_delayed", error=repr(error), **identity)
        elif findings := work.result().findings:
            log.error("export_check_failed", findings=[each.code for each in findings], **identity)
