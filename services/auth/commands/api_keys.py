"""Issue, rotate and revoke API keys. Each secret is shown once, by the command that makes it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import new_id
from libs.common.outbox import append
from services.auth import events
from services.auth.domain.api_keys import ApiKey, credential, rotated, successor_expiry
from services.auth.domain.callers import Caller
from services.auth.domain.roles import scopes_of_tenant
from services.auth.domain.sessions import tokens_dead_at
from services.auth.errors import ScopeNotInTenant
from services.auth.secret_keys import digest_secret
from services.auth.store import audit
from services.auth.store.api_keys import insert_api_key, load_api_key, save_api_key
from services.auth.store.sessions import deny_tokens
from services.auth.store.tenants import load_tenant

HINT_LENGTH = 4


@dataclass(frozen=True, slots=True)
class CreateApiKey:
    """`secret` is the random part of the credential, of which only a hash and the last characters are kept."""

    name: str
    environment: str
    scopes: tuple[str, ...]
    secret: str
    lifetime: timedelta | None


async def create_api_key(tx: Tx, command: CreateApiKey, caller: Caller, *, now: datetime) -> ApiKey:
    """Raises ScopeNotInTenant, and ScopesExceeded for what the caller does not hold."""
    tenant = await load_tenant(tx, caller.tenant)
    if unknown := sorted(set(command.scopes) - scopes_of_tenant(is_platform=tenant.is_platform)):
        raise ScopeNotInTenant.naming(unknown)
    caller.check_covers(command.scopes)
    key = ApiKey(
        tenant=tenant.id,
        id=new_id(),
        name=command.name,
        environment=command.environment,
        scopes=tuple(sorted(set(command.scopes))),
        secret_sha256=digest_secret(credential(command.environment, command.secret)),
        hint=command.secret[-HINT_LENGTH:],
        created_by=caller.actor,
        created_at=now,
        expires_at=None if command.lifetime is None else now + command.lifetime,
    )
    await _issue(tx, key, caller, now)
    return key


@dataclass(frozen=True, slots=True)
class RotateApiKey:
    """The old credential works on for `overlap`; `secret` is the random part of the new one."""

    id: UUID
    secret: str
    overlap: timedelta


async def rotate_api_key(tx: Tx, command: RotateApiKey, caller: Caller, *, now: datetime) -> ApiKey:
    """A new key with the old one's name, scopes and lifetime.

    Raises ApiKeyNotActive, ApiKeyRotated, ScopesExceeded.
    """
    old = await load_api_key(tx, caller.tenant, command.id)
    caller.check_covers(old.scopes)
    successor = replace(
        old,
        id=new_id(),
        secret_sha256=digest_secret(credential(old.environment, command.secret)),
        hint=command.secret[-HINT_LENGTH:],
        created_by=caller.actor,
        created_at=now,
        expires_at=successor_expiry(old, now),
    )
    old = rotated(old, successor.id, command.overlap, now)
    await save_api_key(tx, old)
    await append(tx, events.api_key_changed(old), tenant=old.tenant, subject=old.id, now=now)
    await _issue(tx, successor, caller, now)
    return successor


async def revoke_api_key(tx: Tx, key_id: UUID, caller: Caller, *, now: datetime) -> None:
    """Ends the key and every access token it was exchanged for; revoking twice is no error."""
    key = await load_api_key(tx, caller.tenant, key_id)
    if key.revoked_at is not None:
        return
    key = replace(key, revoked_at=now)
    await save_api_key(tx, key)
    await deny_tokens(tx, key.tenant, key.id, tokens_dead_at(now))
    await audit.record(tx, caller, "api_key_revoked", key.id, now=now, name=key.name)
    await append(tx, events.api_key_changed(key), tenant=key.tenant, subject=key.id, now=now)
    tokens_revoked = events.session_revoked(key.id, "api_key_revoked", now)
    await append(tx, tokens_revoked, tenant=key.tenant, subject=key.id, now=now)


async def _issue(tx: Tx, key: ApiKey, caller: Caller, now: datetime) -> None:
    await insert_api_key(tx, key)
    details = {"name": key.name, "scopes": key.scopes, "expires_at": key.expires_at}
    await audit.record(tx, caller, "api_key_created", key.id, now=now, **details)
    await append(tx, events.api_key_changed(key), tenant=key.tenant, subject=key.id, now=now)
