"""Events of auth: tenants and credentials, of which every service keeps a copy, users, and sign-in safety."""

from typing import ClassVar
from uuid import UUID

from libs.common.contracts.base import Contract, Instant


class TenantChanged(Contract, frozen=True):
    """A tenant was created or its settings changed; consumers overwrite their copy. Subject: the tenant."""

    TYPE: ClassVar = "auth.tenant_changed.v1"
    name: str
    is_active: bool
    rate_per_second: int
    burst: int


class ApiKeyChanged(Contract, frozen=True):
    """An API key was created, rotated or revoked; its secret is never published. Subject: the key."""

    TYPE: ClassVar = "auth.api_key_changed.v1"
    secret_sha256: str
    """Hex SHA-256 of the whole credential."""
    scopes: tuple[str, ...]
    expires_at: Instant | None
    revoked_at: Instant | None


class UserChanged(Contract, frozen=True):
    """A user was created, changed or closed; consumers overwrite their copy. Subject: the user's id."""

    TYPE: ClassVar = "auth.user_changed.v1"
    username: str
    display_name: str
    roles: tuple[str, ...]
    is_active: bool
    email: str | None = None
    """The address bound to the account: the only one to which notices may go."""


class SessionRevoked(Contract, frozen=True):
    """Access tokens of a session must die at once. Subject: the session's id."""

    TYPE: ClassVar = "auth.session_revoked.v1"
    user_id: UUID
    reason: str
    expires_at: Instant
    """After this no access token of the session can still be valid, so the entry may be forgotten."""


class AccountLocked(Contract, frozen=True):
    """Password sign-in of a user is refused until `locked_until`. Subject: the user."""

    TYPE: ClassVar = "auth.account_locked.v1"
    username: str
    locked_until: Instant


CONTRACTS = (TenantChanged, ApiKeyChanged, UserChanged, SessionRevoked, AccountLocked)
