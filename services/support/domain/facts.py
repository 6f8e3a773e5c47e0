"""What support knows of an invoice, as its events tell it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from libs.common.ids import TenantId


@dataclass(frozen=True, slots=True)
class InvoiceName:
    """What names an invoice in events: its id, its number if it has one yet, the tenant's reference."""

    id: UUID
    number: str | None
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearntFacts:
    """What one event tells about an invoice; None where it says nothing."""

    tenant_id: TenantId
    invoice_id: UUID
    time: datetime
    """When it happened."""
    number: str | None = None
    reference: str | None = None
    kind: str | None = None
    buyer_name: str | None = None
    total: Decimal | None = None
    """With tax."""
    status: str | None = None
    authority_state: str | None = None
    expected_final_by: datetime | None = None
    is_final: bool = False
    """The authority has confirmed or refused: nothing more is promised."""
    documents: Mapping[str, str] = field(default_factory=dict)
    """State by format, as far as this event changes it."""
    deliveries: Mapping[str, str] = field(default_factory=dict)
    """State by channel, likewise."""
    problem: str | None = None
    problem_zh: str | None = None
    taxpayer_id: UUID | None = None


def id_or_text(name: str) -> tuple[UUID | None, str | None]:
    """How a client may name things: by id, or by a text of their own (an invoice's number, a user's name)."""
    try:
        return UUID(name), None
    except ValueError:
        return None, name
