"""Mails to users about something that is no invoice."""

from dataclasses import dataclass
from uuid import UUID

from libs.common.ids import TenantId


@dataclass(frozen=True, slots=True)
class ClaimedNotice:
    """A notice whose turn it is. `attempt` counts this one too; `email` is None where nothing may be sent any more."""

    tenant: TenantId
    event_id: UUID
    user_id: UUID
    title: str
    title_zh: str
    text: str
    text_zh: str
    attempt: int
    email: str | None
