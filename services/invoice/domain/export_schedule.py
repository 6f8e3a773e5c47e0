"""A schedule: exports that make themselves, one a week or a month, each of the period that has ended. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from libs.common.clock import SHANGHAI
from libs.common.ids import TenantId
from services.invoice.domain.export import ExportContent, ExportOrder, Period, Target, within

MOST_SCHEDULES = 50


class Frequency(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Schedule(Struct, frozen=True, kw_only=True):
    """`sealed_secrets` are the target's and never shown; `version` counts the edits from 1."""

    tenant: TenantId
    id: UUID
    name: str
    frequency: Frequency
    content: ExportContent
    target: Target
    sealed_secrets: bytes | None
    is_active: bool
    next_run_at: datetime
    actor: str
    version: int
    created_at: datetime


def order_of(schedule: Schedule, export_id: UUID) -> ExportOrder:
    """The run that is due: of the period that has ended at `next_run_at`, however late it is."""
    period = period_ended(schedule.frequency, schedule.next_run_at)
    return ExportOrder(
        tenant=schedule.tenant,
        id=export_id,
        content=within(schedule.content, period),
        target=schedule.target,
        schedule_id=schedule.id,
        period=period,
        actor=f"schedule:{schedule.id}",
    )


# At night, when the views have long shown the last invoice of the period.
_RUN_HOUR = timedelta(hours=2)


def period_ended(frequency: Frequency, run_at: datetime) -> Period:
    """The last whole week (Monday to Sunday) or month before `run_at`."""
    today = run_at.astimezone(SHANGHAI).date()
    if frequency is Frequency.WEEKLY:
        monday = today - timedelta(days=today.weekday())
        return Period(monday - timedelta(days=7), monday - timedelta(days=1))
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def next_run(frequency: Frequency, after: datetime) -> datetime:
    """The first 02:00 in Shanghai after `after` at which a period has ended."""
    day = after.astimezone(SHANGHAI).date()
    start = day - timedelta(days=day.weekday()) if frequency is Frequency.WEEKLY else day.replace(day=1)
    while _run_at(start) <= after:
        start = _next_start(frequency, start)
    return _run_at(start)


def _next_start(frequency: Frequency, start: date) -> date:
    if frequency is Frequency.WEEKLY:
        return start + timedelta(days=7)
    return (start + timedelta(days=31)).replace(day=1)


def _run_at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) + _RUN_HOUR
