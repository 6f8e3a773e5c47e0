"""Rows of printers, of their changes, and of what was printed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId, new_id
from services.render.print.printers import Printer, PrinterSetting

SAVE_PRINTER = """
insert into printers (tenant_id, name, profile, dx, dy, version, updated_at, updated_by)
values ($1, $2, $3, $4, $5, 1, $6, $7)
on conflict (tenant_id, name) do update
set profile = excluded.profile, dx = excluded.dx, dy = excluded.dy, version = printers.version + 1,
    updated_at = excluded.updated_at, updated_by = excluded.updated_by
returning name, profile, dx, dy, version, updated_at, updated_by
"""


async def save_printer(
    tx: Tx, tenant: TenantId, setting: PrinterSetting, *, actor: str, now: datetime
) -> Printer:
    """New, or in the place of what the name stood for."""
    row = await tx.fetchrow(
        SAVE_PRINTER, tenant, setting.name, setting.profile, setting.dx, setting.dy, now, actor
    )
    assert row is not None  # noqa: S101 - an upsert always returns its row
    return Printer(**row)


LOCK_PRINTER = """
select version
from printers
where tenant_id = $1
  and name = $2
for update
"""


async def lock_printer(tx: Tx, tenant: TenantId, name: str) -> int | None:
    """Its version; none if there is no such printer."""
    version: int | None = await tx.fetchval(LOCK_PRINTER, tenant, name)
    return version


COUNT_PRINTERS = "select count(*) from printers where tenant_id = $1"


async def count_printers(tx: Tx, tenant: TenantId) -> int:
    count: int = await tx.fetchval(COUNT_PRINTERS, tenant)
    return count


DELETE_PRINTER = """
delete from printers
where tenant_id = $1
  and name = $2
"""


async def delete_printer(tx: Tx, tenant: TenantId, name: str) -> None:
    await tx.execute(DELETE_PRINTER, tenant, name)


INSERT_CHANGE = """
insert into printer_changes (tenant_id, id, name, profile, dx, dy, actor, request_id, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def insert_change(
    tx: Tx,
    tenant: TenantId,
    name: str,
    setting: PrinterSetting | None,
    *,
    actor: str,
    request_id: str,
    now: datetime,
) -> None:
    """Without a setting the printer was removed."""
    values = (setting.profile, setting.dx, setting.dy) if setting else (None, None, None)
    await tx.execute(INSERT_CHANGE, tenant, new_id(), name, *values, actor, request_id, now)


INSERT_PRINTS = """
insert into downloads (tenant_id, id, invoice_id, format, version, actor, via, request_id, downloaded_at)
select $1, id, invoice_id, 'pdf', version, $5, 'print', $6, $7
from unnest($2::uuid[], $3::uuid[], $4::integer[]) as printed (id, invoice_id, version)
"""


async def insert_prints(
    tx: Tx,
    tenant: TenantId,
    printed: Sequence[tuple[UUID, int]],
    *,
    actor: str,
    request_id: str,
    now: datetime,
) -> None:
    """Invoices and the versions of their PDF that were shown."""
    ids = [new_id() for _ in printed]
    invoices, versions = [invoice for invoice, _ in printed], [version for _, version in printed]
    await tx.execute(INSERT_PRINTS, tenant, ids, invoices, versions, actor, request_id, now)
