"""Keeps this service's copies of tenants, API keys and revoked sessions, from `auth.events`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from libs.common.consumer import Handlers
from libs.common.contracts.auth import ApiKeyChanged, SessionRevoked, TenantChanged
from libs.common.db import Tx
from libs.common.events import Event

SAVE_TENANT = """
insert into tenants (tenant_id, name, is_active, rate_per_second, burst)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id) do update
set name = excluded.name, is_active = excluded.is_active,
    rate_per_second = excluded.rate_per_second, burst = excluded.burst
"""
SAVE_API_KEY = """
insert into api_keys (tenant_id, id, secret_sha256, scopes, expires_at, revoked_at)
values ($1, $2, decode($3, 'hex'), $4, $5, $6)
on conflict (id) do update
set secret_sha256 = excluded.secret_sha256, scopes = excluded.scopes,
    expires_at = excluded.expires_at, revoked_at = excluded.revoked_at
"""
SAVE_REVOKED_SESSION = """
insert into revoked_sessions (tenant_id, session_id, expires_at)
values ($1, $2, $3)
on conflict (session_id) do nothing
"""


async def on_tenants_changed(tx: Tx, events: Sequence[Event[TenantChanged]], _: datetime) -> None:
    rows = [
        (e.envelope.tenant, e.payload.name, e.payload.is_active, e.payload.rate_per_second, e.payload.burst)
        for e in events
    ]
    await tx.executemany(SAVE_TENANT, rows)


async def on_api_keys_changed(tx: Tx, events: Sequence[Event[ApiKeyChanged]], _: datetime) -> None:
    await tx.executemany(SAVE_API_KEY, [_api_key_row(event) for event in events])


def _api_key_row(event: Event[ApiKeyChanged]) -> tuple[Any, ...]:
    key = event.payload
    identity = (event.envelope.tenant, event.envelope.subject)
    return (*identity, key.secret_sha256, list(key.scopes), key.expires_at, key.revoked_at)


async def on_sessions_revoked(tx: Tx, events: Sequence[Event[SessionRevoked]], _: datetime) -> None:
    rows = [(e.envelope.tenant, e.envelope.subject, e.payload.expires_at) for e in events]
    await tx.executemany(SAVE_REVOKED_SESSION, rows)


HANDLERS: Handlers = {
    TenantChanged: on_tenants_changed,
    ApiKeyChanged: on_api_keys_changed,
    SessionRevoked: on_sessions_revoked,
}
