"""Roles and what they allow. Every credential carries scopes; roles are how people are given them."""

from collections.abc import Collection, Mapping

_VIEW = frozenset({"invoice:read", "document:read", "notify:read", "support:read", "support:write"})
_ISSUE = _VIEW | {"invoice:write"}

TENANT_ROLES: Mapping[str, frozenset[str]] = {
    "owner": _ISSUE
    | {
        "invoice:allow-duplicate",
        "document:write",
        "document:audit",
        "notify:write",
        "auth:read",
        "auth:write",
        "taxpayer:write",
    },
    "issuer": _ISSUE,
    "accountant": _VIEW | {"document:audit", "notify:write"},
    "viewer": _VIEW,
    "developer": _ISSUE | {"notify:write", "auth:read", "auth:write"},
}
PLATFORM_ROLES: Mapping[str, frozenset[str]] = {
    "operator": frozenset(
        {
            "platform:operate",
            "auth:read",
            "auth:write",
            "notify:read",
            "notify:write",
            "support:read",
            "support:write",
        }
    ),
    "support_agent": frozenset({"support:agent", "support:read", "support:write", "notify:read"}),
}
TENANT_SCOPES = frozenset[str]().union(*TENANT_ROLES.values())
PLATFORM_SCOPES = frozenset[str]().union(*PLATFORM_ROLES.values())


def scopes_of(roles: Collection[str]) -> frozenset[str]:
    """All that the roles together allow."""
    every = {**TENANT_ROLES, **PLATFORM_ROLES}
    return frozenset[str]().union(*(every[role] for role in roles))


def roles_of_tenant(*, is_platform: bool) -> Mapping[str, frozenset[str]]:
    """The roles that exist in an ordinary tenant, or in the platform's own."""
    return PLATFORM_ROLES if is_platform else TENANT_ROLES


def scopes_of_tenant(*, is_platform: bool) -> frozenset[str]:
    """The scopes that a credential of such a tenant can have at all."""
    return PLATFORM_SCOPES if is_platform else TENANT_SCOPES
