"""What events and readers do to the inbox."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from libs.common.problems import NotFound
from services.notify.domain.inbox import InboxMessage
from services.notify.store import inbox as store


async def announce(tx: Tx, messages: Sequence[InboxMessage]) -> None:
    """Put messages into the inboxes of their tenants."""
    await store.save_messages(tx, messages)


async def mark_read(tx: Tx, tenant: TenantId, reader: UUID, message: UUID) -> None:
    """For this reader only. Raises NotFound."""
    position = await store.find_message(tx, tenant, message)
    if position is None:
        raise NotFound("There is no such message.", detail_zh="没有这条消息。")
    await store.save_read(tx, tenant, reader, position)


async def mark_all_read(tx: Tx, tenant: TenantId, reader: UUID) -> None:
    """Everything that is there now, for this reader only."""
    await store.save_all_read(tx, tenant, reader)
