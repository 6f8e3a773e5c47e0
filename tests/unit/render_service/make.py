"""Pending documents for tests of pure parts."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from libs.common.context import new_correlation
from libs.common.ids import InvoiceId, TenantId
from services.render.domain import DocumentKey, PendingDocument

NOW = datetime(2026, 11, 24, 6, 40, tzinfo=UTC)


def make_pending(
    invoice: int = 1, *, tenant: int = 1, issued_at: datetime = NOW, body: Any = None
) -> PendingDocument:
    """Ids are small numbers."""
    return PendingDocument(
        key=DocumentKey(TenantId(UUID(int=tenant)), InvoiceId(UUID(int=invoice)), "pdf", 1),
        number=f"{invoice:020d}",
        reference=f"SO-{invoice}",
        issued_at=issued_at,
        correlation=new_correlation(),
        body=msgspec.json.encode(body),
        created_at=NOW,
    )
