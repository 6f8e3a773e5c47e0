"""Users of a tenant, as far as they are told anything."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.ids import TenantId

# Who can sign in at the bureau for the tenant, or send somebody there.
ACTING_ROLES = ("owner", "issuer")


@dataclass(frozen=True, slots=True)
class User:
    """`email` is the address bound to the account, None if there is none."""

    tenant: TenantId
    id: UUID
    email: str | None
    roles: tuple[str, ...]
    is_active: bool
