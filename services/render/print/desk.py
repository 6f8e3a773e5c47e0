"""The way from a selection of invoices to one file: find, check, draw in a thread, record who printed what."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec

from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import transaction
from libs.common.ids import TenantId
from libs.common.problems import FieldError, Problem
from services.render.domain import is_recent
from services.render.errors import DocumentFailed
from services.render.metrics import INVOICES_PRINTED
from services.render.page.errors import Undrawable
from services.render.print.commands import record_prints
from services.render.print.document import print_batch, print_invoice
from services.render.print.errors import (
    DocumentsFailed,
    DocumentsNotReady,
    PrintBatchTooLarge,
    UnknownInvoices,
    UnknownPrinter,
)
from services.render.print.printers import PrintWish, settle
from services.render.print.profiles import Offset, Profile, ProfileName, load_profiles
from services.render.print.queries import Printable, find_printer, list_printable, load_bodies
from services.render.resources import Resources

MOST_INVOICES = 500
MOST_BYTES = 16 * 1024 * 1024  # of invoices as published: some 30,000 lines, a second of drawing


@dataclass(frozen=True, slots=True)
class Order:
    """Who prints, on which paper, moved how far."""

    tenant: TenantId
    actor: str
    profile: ProfileName
    offset: Offset


async def take_order(
    resources: Resources, tenant: TenantId, actor: str, wish: PrintWish, *, pointer: str
) -> Order:
    """With what was saved of the printer, if one is named; `pointer` is where the request names it."""
    printer = None
    if wish.printer is not None:
        async with transaction(resources.pool, tenant) as tx:
            printer = await find_printer(tx, tenant, wish.printer)
        if printer is None:
            text, text_zh = "There is no printer of this name.", "没有该名称的打印机。"
            raise UnknownPrinter(errors=[FieldError(pointer, UnknownPrinter.code, text, text_zh)])
    return Order(tenant, actor, *settle(wish, printer))


async def print_version(resources: Resources, order: Order, invoice: UUID, version: int) -> bytes:
    """One invoice as a version of its PDF shows it; the caller knows that this version is ready."""
    async with transaction(resources.pool, order.tenant) as tx:
        found = await list_printable(tx, order.tenant, [invoice], version)
    return await _fulfil(resources, order, found, _print_only)


async def print_selection(resources: Resources, order: Order, invoices: Sequence[UUID]) -> bytes:
    """All of them in the order of their numbers, each once, with bookmarks."""
    ids = list(dict.fromkeys(invoices))
    async with transaction(resources.pool, order.tenant) as tx:
        found = await list_printable(tx, order.tenant, ids)
    check_selection(invoices, found)
    async with resources.print_turns.take(order.tenant):
        return await _fulfil(resources, order, found, print_batch)


def check_selection(invoices: Sequence[UUID], found: Sequence[Printable]) -> None:
    """Raises the problem that names what cannot be printed, by its place in the request."""
    states = {one.id: one.state or "pending" for one in found}

    def refused(state: str, problem: type[Problem]) -> list[FieldError]:
        return [
            _refuse(place, problem.code, one)
            for place, one in enumerate(invoices)
            if states.get(one, "unknown") == state
        ]

    if errors := refused("unknown", UnknownInvoices):
        if any(is_recent(one, utc_now()) for one in invoices if one not in states):
            raise UnknownInvoices(errors=errors, retry_after=1, retryable=True)
        raise UnknownInvoices(errors=errors)
    if errors := refused("failed", DocumentsFailed):
        raise DocumentsFailed(errors=errors)
    if errors := refused("pending", DocumentsNotReady):
        raise DocumentsNotReady(errors=errors, retry_after=1)
    size = sum(one.body_size for one in found)
    if size > MOST_BYTES:
        raise PrintBatchTooLarge(content_bytes=size, limit_bytes=MOST_BYTES)


_REASONS = {
    UnknownInvoices.code: ("There is no invoice {}.", "没有编号为 {} 的发票。"),
    DocumentsFailed.code: ("The PDF of {} could not be drawn.", "{} 的 PDF 生成失败。"),
    DocumentsNotReady.code: ("The PDF of {} is not ready.", "{} 的 PDF 尚未生成。"),
}


def _refuse(place: int, code: str, invoice: UUID) -> FieldError:
    text, text_zh = _REASONS[code]
    return FieldError(f"/invoice_ids/{place}", code, text.format(invoice), text_zh.format(invoice))


async def _fulfil(
    resources: Resources, order: Order, found: Sequence[Printable], draw: Callable[..., bytes]
) -> bytes:
    """Draw them in a thread, decoded one at a time."""
    async with transaction(resources.pool, order.tenant) as tx:
        bodies = await load_bodies(tx, order.tenant, [one.id for one in found])
    invoices = (_decode(bodies[one.id], one.mark) for one in found)
    try:
        content = await asyncio.to_thread(draw, invoices, load_profiles()[order.profile], order.offset)
    except Undrawable as error:
        raise DocumentFailed(error.reason, detail_zh=error.reason_zh) from error
    printed = [(one.id, one.version or 1) for one in found]
    async with transaction(resources.pool, order.tenant) as tx:
        await record_prints(
            tx,
            order.tenant,
            printed,
            actor=order.actor,
            request_id=current_correlation().id,
            now=utc_now(),
        )
    INVOICES_PRINTED.labels(order.profile).inc(len(printed))
    return content


def _print_only(invoices: Any, profile: Profile, offset: Offset) -> bytes:
    (invoice,) = invoices
    return print_invoice(invoice, profile, offset)


def _decode(body: bytes, mark: str | None) -> dict[str, Any]:
    invoice: dict[str, Any] = msgspec.json.decode(body)
    return invoice | {"mark": mark}
