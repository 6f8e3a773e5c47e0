"""Shared links to timelines: only the hash of a token is kept, so that nobody who reads the table can use one."""

import hashlib
from datetime import datetime

from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.invoice.errors import InvoiceNotFound

SAVE_TIMELINE_LINK = """
insert into timeline_links (tenant_id, token_sha256, invoice_id, created_by, expires_at)
select tenant_id, $3, id, $4, $5
from invoices
where tenant_id = $1 and id = $2
returning 1
"""


async def save_timeline_link(
    tx: Tx, tenant: TenantId, invoice_id: InvoiceId, token: str, *, actor: str, expires_at: datetime
) -> None:
    """Raises InvoiceNotFound."""
    values = (tenant, invoice_id, token_hash(token), actor, expires_at)
    if not await tx.fetchval(SAVE_TIMELINE_LINK, *values):
        raise InvoiceNotFound


def token_hash(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()
