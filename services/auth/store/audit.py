"""The audit trail: rows are only ever added, in the transaction of what they tell of."""

from datetime import datetime
from uuid import UUID

import msgspec

from libs.common.context import current_correlation
from libs.common.db import Tx
from libs.common.ids import new_id
from services.auth.domain.callers import Caller

INSERT_AUDIT_ENTRY = """
insert into audit_entries (tenant_id, id, time, actor, action, subject, address, request_id, details)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def record(
    tx: Tx, caller: Caller, action: str, subject: UUID | None, *, now: datetime, **details: object
) -> None:
    """`details` never hold a secret, nor a name typed by somebody unknown."""
    text = msgspec.json.encode(details).decode()
    where = (caller.address, current_correlation().id)
    await tx.execute(
        INSERT_AUDIT_ENTRY, caller.tenant, new_id(), now, caller.actor, action, subject, *where, text
    )
