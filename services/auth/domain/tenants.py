"""A tenant: a customer of the platform, or the platform's own people."""

from dataclasses import dataclass
from datetime import datetime

from libs.common.ids import TenantId


@dataclass(frozen=True, slots=True)
class Tenant:
    """`rate_per_second` and `burst` limit its requests; `is_platform` opens the platform's roles to its users."""

    id: TenantId
    name: str
    is_platform: bool
    is_active: bool
    rate_per_second: int
    burst: int
    created_at: datetime
