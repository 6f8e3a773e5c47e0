"""A person who signs in; the password's hash is kept apart, so that no value or log can carry it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from libs.common.ids import TenantId, UserId
from services.auth.domain.roles import roles_of_tenant, scopes_of
from services.auth.errors import RoleNotInTenant

PASSWORD_MIN = 8
PASSWORD_MAX = 128


@dataclass(frozen=True, slots=True)
class User:
    """`username` and `email` are unique on the whole platform and case-sensitive; `version` counts changes."""

    tenant: TenantId
    id: UserId
    username: str
    email: str | None
    display_name: str
    roles: tuple[str, ...]
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def scopes(self) -> frozenset[str]:
        return scopes_of(self.roles)

    @property
    def is_owner(self) -> bool:
        """Can administer the tenant; a tenant keeps at least one."""
        return self.is_active and "owner" in self.roles


@dataclass(frozen=True, slots=True)
class UserChange:
    """What to change; None leaves a field as it is."""

    email: str | None = None
    display_name: str | None = None
    roles: tuple[str, ...] | None = None
    is_active: bool | None = None


def check_roles(roles: Collection[str], *, is_platform: bool) -> None:
    """Raises RoleNotInTenant for a role of the other kind of tenant."""
    for role in roles:
        if role not in roles_of_tenant(is_platform=is_platform):
            raise RoleNotInTenant.naming(role)


def changed(user: User, change: UserChange, now: datetime) -> User:
    """The user after the change, under the next version."""
    return replace(
        user,
        email=user.email if change.email is None else change.email,
        display_name=user.display_name if change.display_name is None else change.display_name,
        roles=user.roles if change.roles is None else change.roles,
        is_active=user.is_active if change.is_active is None else change.is_active,
        version=user.version + 1,
        updated_at=now,
    )


def loses_access(before: User, after: User) -> bool:
    """Running sessions must end: the user was closed or may do less than before."""
    return not after.is_active or not before.scopes <= after.scopes
