"""Credentials as every service learns them: by events of auth, applied by the real handlers."""

import hashlib
from collections.abc import Collection
from datetime import datetime

from libs.common.clock import utc_now
from libs.common.contracts.auth import ApiKeyChanged, TenantChanged
from libs.common.credentials import HANDLERS
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId, new_id
from tests.helpers.records import make_event

ALL_SCOPES = (
    "invoice:read",
    "invoice:write",
    "invoice:allow-duplicate",
    "document:read",
    "document:write",
    "document:audit",
    "notify:read",
    "notify:write",
    "support:read",
    "support:write",
    "auth:read",
    "auth:write",
    "taxpayer:write",
)


async def grant_api_key(
    worker_pool: Pool,
    tenant: TenantId,
    *,
    scopes: Collection[str] = ALL_SCOPES,
    rate_per_second: int = 5000,
    expires_at: datetime | None = None,
) -> str:
    """A new key of the tenant, known to the service that `worker_pool` belongs to; returns the secret."""
    secret = f"ofp_test_{new_id().hex}{new_id().hex}"
    tenant_changed = TenantChanged(
        name="测试租户", is_active=True, rate_per_second=rate_per_second, burst=2 * rate_per_second
    )
    key_changed = ApiKeyChanged(
        secret_sha256=hashlib.sha256(secret.encode()).hexdigest(),
        scopes=tuple(scopes),
        expires_at=expires_at,
        revoked_at=None,
    )
    async with transaction(worker_pool) as tx:
        for subject, payload in ((tenant, tenant_changed), (new_id(), key_changed)):
            event = make_event(payload, tenant=tenant, subject=subject)
            await HANDLERS[type(payload)](tx, [event], utc_now())
    return secret
