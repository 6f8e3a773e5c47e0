"""What events and the sender do to notices, and what is known of those who get them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from libs.common.addresses import mask_email
from libs.common.db import Tx
from services.notify.domain.connectors import ConnectorChange, describe_change
from services.notify.domain.deliveries import retry_delay
from services.notify.domain.exports import ExportNotice
from services.notify.domain.notices import ClaimedNotice
from services.notify.domain.users import User
from services.notify.store import notice as store
from services.notify.store.inbox import save_messages
from services.notify.store.user import save_users

# What could not be tried because the server was away is tried again after this.
_PAUSE = timedelta(seconds=5)


async def learn_users(tx: Tx, users: Sequence[User]) -> None:
    """Whom to write to from now on."""
    await save_users(tx, users)


async def tell_of_connectors(tx: Tx, changes: Sequence[ConnectorChange], *, now: datetime) -> None:
    """A message for each change, and a mail to those who can act; that it is over is mailed to those who were told."""
    messages = [describe_change(change) for change in changes]
    await save_messages(tx, messages)
    for change, message in zip(changes, messages, strict=True):
        told = await store.end_notices(tx, change.occasion.tenant, change.taxpayer, now=now)
        to = None if change.is_closed else told
        await store.add_notices(tx, message, change.taxpayer, due_at=change.mail_at, to=to)


async def tell_of_exports(tx: Tx, notices: Sequence[ExportNotice]) -> None:
    """A message for each, and a mail to the person who asked for it."""
    await save_messages(tx, [notice.message for notice in notices])
    for notice in notices:
        if notice.reader is not None:
            due_at = notice.message.occasion.time
            await store.add_notices(tx, notice.message, notice.subject, due_at=due_at, to=[notice.reader])


async def record_sent(tx: Tx, notice: ClaimedNotice, *, now: datetime) -> None:
    """The server has taken the mail."""
    await store.finish_notice(tx, notice, "sent", None, now=now)


async def withdraw(tx: Tx, notice: ClaimedNotice, *, now: datetime) -> None:
    """Its reader may not be written to any more."""
    await store.finish_notice(tx, notice, "withdrawn", "no address is bound to the account", now=now)


async def record_refusal(
    tx: Tx, notice: ClaimedNotice, reason: str, *, is_permanent: bool, now: datetime
) -> None:
    """The server has not taken the mail: try later, or give up."""
    reason = reason.replace(notice.email or " ", mask_email(notice.email or ""))
    delay = None if is_permanent else retry_delay(notice.attempt)
    if delay is None:
        await store.finish_notice(tx, notice, "failed", reason, now=now)
    else:
        await store.postpone_notice(tx, notice, reason, until=now + delay, is_counted=True)


async def give_back(tx: Tx, notices: Sequence[ClaimedNotice], reason: str, *, now: datetime) -> None:
    """They could not be tried, through no fault of theirs."""
    for notice in notices:
        await store.postpone_notice(tx, notice, reason, until=now + _PAUSE, is_counted=False)
