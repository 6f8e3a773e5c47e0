"""Domain values -> what is published about them."""

from datetime import datetime
from uuid import UUID

from libs.common.contracts.auth import (
    AccountLocked,
    ApiKeyChanged,
    SessionRevoked,
    TenantChanged,
    UserChanged,
)
from services.auth.domain.api_keys import ApiKey
from services.auth.domain.sessions import tokens_dead_at
from services.auth.domain.tenants import Tenant
from services.auth.domain.users import User


def tenant_changed(tenant: Tenant) -> TenantChanged:
    return TenantChanged(
        name=tenant.name,
        is_active=tenant.is_active,
        rate_per_second=tenant.rate_per_second,
        burst=tenant.burst,
    )


def api_key_changed(key: ApiKey) -> ApiKeyChanged:
    return ApiKeyChanged(
        secret_sha256=key.secret_sha256.hex(),
        scopes=key.scopes,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
    )


def user_changed(user: User) -> UserChanged:
    return UserChanged(
        username=user.username,
        display_name=user.display_name,
        roles=user.roles,
        is_active=user.is_active,
        email=user.email,
    )


def session_revoked(user_id: UUID, reason: str, now: datetime) -> SessionRevoked:
    """Also for the tokens of an API key, whose session is the key itself."""
    return SessionRevoked(user_id=user_id, reason=reason, expires_at=tokens_dead_at(now))


def account_locked(user: User, locked_until: datetime) -> AccountLocked:
    return AccountLocked(username=user.username, locked_until=locked_until)
