"""What became of an export or of the check of one: recorded and announced together."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts import Contract
from libs.common.contracts.invoice import (
    InvoiceExportCheckFailed,
    InvoiceExportFailed,
    InvoiceExportFinished,
)
from libs.common.db import Tx
from libs.common.outbox import append
from libs.common.problems import Problem
from services.invoice.domain.export import CheckOrder, CheckReport, ClaimedCheck, ClaimedExport, ExportOrder
from services.invoice.store.export import delay_export, finish_export
from services.invoice.store.export_check import add_check, end_check


async def end_export(tx: Tx, claimed: ClaimedExport, *, check_id: UUID, now: datetime) -> bool:
    """The archive is where it was to go; proven where its schedule wants that. False where others have it in hand."""
    order = claimed.order
    made = await finish_export(tx, claimed, now=now)
    if made is None:
        return False
    if order.content.check_documents:
        await add_check(
            tx,
            CheckOrder(
                tenant=order.tenant,
                id=check_id,
                export_id=order.id,
                sample=order.content.check_documents,
                actor=order.actor,
            ),
            now=now,
        )
    first_day, last_day = _days(order)
    finished = InvoiceExportFinished(
        total=made.total,
        missing=made.missing,
        size=made.size,
        sha256=made.sha256,
        target=order.target.kind,
        first_day=first_day,
        last_day=last_day,
        schedule_id=order.schedule_id,
        expires_at=made.expires_at,
        actor=order.actor,
    )
    await _announce(tx, order, finished, now)
    return True


async def fail_export(
    tx: Tx,
    claimed: ClaimedExport,
    problem: Problem,
    *,
    is_final: bool,
    next_attempt_at: datetime,
    now: datetime,
) -> None:
    """Another attempt later, or, announced, none any more."""
    order = claimed.order
    told = {name: getattr(problem, name) for name in ("code", "title", "title_zh", "detail", "detail_zh")}
    is_ours = await delay_export(
        tx, claimed, told, is_final=is_final, next_attempt_at=next_attempt_at, now=now
    )
    if not is_final or not is_ours:
        return
    first_day, last_day = _days(order)
    failed = InvoiceExportFailed(
        reason_code=problem.code,
        reason=problem.detail,
        reason_zh=problem.detail_zh,
        target=order.target.kind,
        first_day=first_day,
        last_day=last_day,
        schedule_id=order.schedule_id,
        actor=order.actor,
    )
    await _announce(tx, order, failed, now)


async def end_export_check(tx: Tx, claimed: ClaimedCheck, report: CheckReport, *, now: datetime) -> None:
    """What was compared; that something differs is announced."""
    if not await end_check(tx, claimed, report, now=now) or not report.findings:
        return
    failed = InvoiceExportCheckFailed(
        check_id=claimed.order.id,
        findings=tuple(dict.fromkeys(finding.code for finding in report.findings)),
        schedule_id=claimed.export.schedule_id,
        actor=claimed.order.actor,
    )
    await _announce(tx, claimed.export, failed, now)


def _days(order: ExportOrder) -> tuple[str | None, str | None]:
    return (str(order.period.first), str(order.period.last)) if order.period else (None, None)


async def _announce(tx: Tx, order: ExportOrder, payload: Contract, now: datetime) -> None:
    await append(tx, payload, tenant=order.tenant, subject=order.id, now=now)
