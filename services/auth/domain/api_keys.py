"""API keys: long random secrets with scopes, kept by hash; each doubles as an OAuth client (id and secret)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.ids import TenantId
from services.auth.errors import ApiKeyNotActive, ApiKeyRotated

MOST_OVERLAP_HOURS = 168


@dataclass(frozen=True, slots=True)
class ApiKey:
    """`hint` is the end of the secret, for telling keys apart; `replaced_by` is the key it was rotated to."""

    tenant: TenantId
    id: UUID
    name: str
    environment: str
    scopes: tuple[str, ...]
    secret_sha256: bytes
    hint: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None = None
    replaced_by: UUID | None = None

    def is_active(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


def credential(environment: str, secret: str) -> str:
    """What the client sends as its bearer: kind and environment can be told from its beginning."""
    return f"ofp_{environment}_{secret}"


def rotated(key: ApiKey, successor: UUID, overlap: timedelta, now: datetime) -> ApiKey:
    """The old key after its rotation: it works on for `overlap`, never longer than it would have."""
    if key.replaced_by is not None:
        raise ApiKeyRotated.naming(key.replaced_by)
    if not key.is_active(now):
        raise ApiKeyNotActive
    end = now + overlap
    return replace(
        key,
        replaced_by=successor,
        expires_at=end if key.expires_at is None else min(end, key.expires_at),
    )


def successor_expiry(key: ApiKey, now: datetime) -> datetime | None:
    """A key that was made to live for a time is followed by one that lives as long."""
    return None if key.expires_at is None else now + (key.expires_at - key.created_at)
