"""Create and change tenants: by the command line, not by tenants themselves."""

from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.outbox import append
from services.auth import events
from services.auth.domain.callers import Caller
from services.auth.domain.tenants import Tenant
from services.auth.store import audit
from services.auth.store.tenants import insert_tenant, load_tenant, save_tenant


@dataclass(frozen=True, slots=True)
class CreateTenant:
    """`is_platform` is for the platform's own people; there can be several such tenants."""

    id: TenantId
    name: str
    is_platform: bool
    rate_per_second: int
    burst: int


async def create_tenant(tx: Tx, command: CreateTenant, caller: Caller, *, now: datetime) -> Tenant:
    """Raises TenantNameTaken."""
    tenant = Tenant(
        id=command.id,
        name=command.name,
        is_platform=command.is_platform,
        is_active=True,
        rate_per_second=command.rate_per_second,
        burst=command.burst,
        created_at=now,
    )
    await insert_tenant(tx, tenant)
    await audit.record(tx, caller, "tenant_created", tenant.id, now=now, name=tenant.name)
    await append(tx, events.tenant_changed(tenant), tenant=tenant.id, subject=tenant.id, now=now)
    return tenant


@dataclass(frozen=True, slots=True)
class ChangeTenant:
    """An inactive tenant's credentials are refused everywhere."""

    is_active: bool
    rate_per_second: int
    burst: int


async def change_tenant(tx: Tx, command: ChangeTenant, caller: Caller, *, now: datetime) -> Tenant:
    """The caller's tenant under new settings."""
    before = await load_tenant(tx, caller.tenant)
    tenant = replace(
        before,
        is_active=command.is_active,
        rate_per_second=command.rate_per_second,
        burst=command.burst,
    )
    await save_tenant(tx, tenant)
    limits = {"is_active": tenant.is_active, "rate_per_second": tenant.rate_per_second, "burst": tenant.burst}
    await audit.record(tx, caller, "tenant_changed", tenant.id, now=now, **limits)
    await append(tx, events.tenant_changed(tenant), tenant=tenant.id, subject=tenant.id, now=now)
    return tenant
