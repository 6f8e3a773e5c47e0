"""A session: one sign-in and the family of refresh tokens that continue it, each usable once."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from libs.common.ids import TenantId, UserId

ACCESS_LIFE = timedelta(minutes=10)
# A refresh token unused for so long ends the session, and no session outlives the second limit.
IDLE_LIFE = timedelta(days=7)
SESSION_LIFE = timedelta(days=30)
# A client that lost the answer, or asked twenty times at once, gets the same successor within this time.
REUSE_GRACE = timedelta(seconds=10)
# Clocks of the services may differ by this much from ours.
CLOCK_SKEW = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Session:
    """`revoked_at` ends it for good; `address` and `user_agent` tell the owner where it runs."""

    tenant: TenantId
    id: UUID
    user_id: UserId
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    revoked_at: datetime | None = None

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


class RefreshTokenPlace(NamedTuple):
    """Where a refresh token belongs."""

    tenant: TenantId
    session_id: UUID


def tokens_dead_at(now: datetime) -> datetime:
    """From when on no access token issued until `now` can be valid anywhere."""
    return now + ACCESS_LIFE + CLOCK_SKEW


def refresh_expiry(session: Session, now: datetime) -> datetime:
    """Until when a refresh token issued `now` may be used."""
    return min(now + IDLE_LIFE, session.expires_at)
