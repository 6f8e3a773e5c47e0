"""`python -m services.auth.bootstrap < wanted.json > made.json`: tenants, users and API keys by the real commands.

Needs the worker's environment. Repeating it changes nothing that already is as wanted: tenants are found by name,
users by user name, keys by name and secret. A key whose secret is not given is made anew and the old one revoked.
"""

import asyncio
import sys
from collections.abc import Sequence
from uuid import UUID

import msgspec
import structlog
from pydantic import ConfigDict, Field, ValidationError

from libs.common.clock import utc_now
from libs.common.context import correlated, new_correlation
from libs.common.db import Pool, Tx, open_pool, transaction
from libs.common.ids import TenantId, new_id
from libs.common.problems import Problem
from libs.common.request_models import Email, StrictModel
from libs.common.strict_json import parse_json
from services.auth.commands.api_keys import CreateApiKey, create_api_key, revoke_api_key
from services.auth.commands.tenants import ChangeTenant, CreateTenant, change_tenant, create_tenant
from services.auth.commands.users import (
    ChangeUser,
    CreateUser,
    SetPassword,
    change_user,
    create_user,
    set_password,
)
from services.auth.domain.api_keys import credential
from services.auth.domain.callers import Caller
from services.auth.domain.roles import PLATFORM_SCOPES, TENANT_SCOPES, scopes_of_tenant
from services.auth.domain.tenants import Tenant
from services.auth.domain.users import User, UserChange
from services.auth.passwords import Passwords
from services.auth.schemas import DisplayName, Environment, NewPassword, Roles, Scope, Username
from services.auth.secret_keys import digest_secret, new_secret
from services.auth.settings import load_settings
from services.auth.store.api_keys import find_active_api_keys
from services.auth.store.tenants import find_tenant
from services.auth.store.users import find_user


class _Wanted(StrictModel):
    model_config = ConfigDict(hide_input_in_errors=True)


class WantedTenant(_Wanted):
    name: str = Field(min_length=1, max_length=100)
    id: UUID | None = None
    is_platform: bool = False
    rate_per_second: int = Field(default=200, ge=1, le=1_000_000)
    burst: int = Field(default=400, ge=1, le=1_000_000)


class WantedUser(_Wanted):
    """The password and the roles are set to these, whatever they were."""

    tenant: str
    username: Username
    password: NewPassword
    display_name: DisplayName
    roles: Roles
    email: Email | None = None


class WantedApiKey(_Wanted):
    """`secret` is the whole credential, if the caller still has it; no scopes mean all that the tenant can have."""

    tenant: str
    name: str = Field(min_length=1, max_length=64)
    environment: Environment = "test"
    scopes: list[Scope] | None = None
    secret: str | None = None


class Wanted(_Wanted):
    tenants: tuple[WantedTenant, ...] = ()
    users: tuple[WantedUser, ...] = ()
    api_keys: tuple[WantedApiKey, ...] = ()


class Made(msgspec.Struct, frozen=True):
    """One tenant, user or key as it now is; `secret` of keys alone."""

    id: UUID
    name: str
    is_new: bool
    tenant_id: UUID | None = None
    secret: str | None = None


async def bootstrap(pool: Pool, passwords: Passwords, wanted: Wanted) -> dict[str, Sequence[Made]]:
    """Tenants first, then what belongs to them; each in its own transaction."""
    return {
        "tenants": [await _keep_tenant(pool, tenant) for tenant in wanted.tenants],
        "users": [await _keep_user(pool, passwords, user) for user in wanted.users],
        "api_keys": [await _keep_api_key(pool, key) for key in wanted.api_keys],
    }


async def _keep_tenant(pool: Pool, wanted: WantedTenant) -> Made:
    now = utc_now()
    async with transaction(pool) as tx:
        found = await find_tenant(tx, wanted.name)
        tenant_id = found.id if found else TenantId(wanted.id or new_id())
        limits = {"rate_per_second": wanted.rate_per_second, "burst": wanted.burst}
        if found is None:
            command = CreateTenant(id=tenant_id, name=wanted.name, is_platform=wanted.is_platform, **limits)
            await create_tenant(tx, command, _caller(tenant_id), now=now)
        elif limits != {"rate_per_second": found.rate_per_second, "burst": found.burst}:
            await change_tenant(tx, ChangeTenant(is_active=True, **limits), _caller(tenant_id), now=now)
    return Made(tenant_id, wanted.name, is_new=found is None)


async def _keep_user(pool: Pool, passwords: Passwords, wanted: WantedUser) -> Made:
    async with transaction(pool) as tx:
        tenant = await _tenant(tx, wanted.tenant)
        found = await find_user(tx, wanted.username)
    is_right = found is not None and (await passwords.verify(wanted.password, found.password_hash)).is_right
    password_hash = "" if is_right else await passwords.hash(wanted.password)
    caller, now = _caller(tenant.id), utc_now()
    roles = tuple(sorted(set(wanted.roles)))
    async with transaction(pool) as tx:
        if found is None:
            command = CreateUser(wanted.username, wanted.email, wanted.display_name, password_hash, roles)
            return _made_user(await create_user(tx, command, caller, now=now), is_new=True)
        if found.user.roles != roles or not found.user.is_active:
            change = ChangeUser(found.user.id, UserChange(roles=roles, is_active=True), None)
            await change_user(tx, change, caller, now=now)
        if not is_right:
            await set_password(tx, SetPassword(found.user.id, password_hash), caller, now=now)
    return _made_user(found.user, is_new=False)


def _made_user(user: User, *, is_new: bool) -> Made:
    return Made(user.id, user.username, is_new=is_new, tenant_id=user.tenant)


async def _keep_api_key(pool: Pool, wanted: WantedApiKey) -> Made:
    now = utc_now()
    async with transaction(pool) as tx:
        tenant = await _tenant(tx, wanted.tenant)
        scopes = frozenset[str](wanted.scopes or scopes_of_tenant(is_platform=tenant.is_platform))
        caller = _caller(tenant.id)
        for key in await find_active_api_keys(tx, tenant.id, wanted.name, now):
            is_known = wanted.secret is not None and key.secret_sha256 == digest_secret(wanted.secret)
            if is_known and scopes == set(key.scopes):
                return Made(key.id, key.name, is_new=False, tenant_id=tenant.id, secret=wanted.secret)
            await revoke_api_key(tx, key.id, caller, now=now)
        secret = new_secret()
        command = CreateApiKey(wanted.name, wanted.environment, tuple(scopes), secret, lifetime=None)
        key = await create_api_key(tx, command, caller, now=now)
    shown = credential(key.environment, secret)
    return Made(key.id, key.name, is_new=True, tenant_id=tenant.id, secret=shown)


async def _tenant(tx: Tx, name: str) -> Tenant:
    tenant = await find_tenant(tx, name)
    if tenant is None:
        raise SystemExit(f"no tenant is called {name}")
    return tenant


def _caller(tenant: TenantId) -> Caller:
    return Caller(tenant, "bootstrap", TENANT_SCOPES | PLATFORM_SCOPES)


async def _main(text: bytes) -> bytes:
    settings = load_settings()
    wanted = Wanted.model_validate(parse_json(text))
    passwords = Passwords(settings.password_threads, settings.password_queue)
    async with open_pool(settings.database_url, connections=2, name="auth-bootstrap") as pool:
        with correlated(new_correlation()):
            made = await bootstrap(pool, passwords, wanted)
    passwords.close()
    return msgspec.json.format(msgspec.json.encode(made), indent=2)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    try:
        sys.stdout.buffer.write(asyncio.run(_main(sys.stdin.buffer.read())) + b"\n")
    except (ValidationError, Problem) as refused:
        raise SystemExit(str(refused)) from None
