"""SQL of notices: added for those who can act, withdrawn when it is over, claimed by their sender, finished."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.notify.domain.inbox import InboxMessage
from services.notify.domain.notices import ClaimedNotice
from services.notify.domain.users import ACTING_ROLES

ADD_NOTICES = """
insert into notices (
  tenant_id, event_id, user_id, subject, title, title_zh, text, text_zh, next_attempt_at, created_at
)
select tenant_id, $2, id, $3, $4, $5, $6, $7, $8, $9
from users
where tenant_id = $1 and is_active and email is not null and roles && $10::text[]
"""
ADD_FAREWELLS = """
insert into notices (
  tenant_id, event_id, user_id, subject, title, title_zh, text, text_zh, next_attempt_at, created_at, ended_at
)
select tenant_id, $2, id, $3, $4, $5, $6, $7, $8, $9, $9
from users
where tenant_id = $1 and is_active and email is not null and id = any ($10::uuid[])
"""
END_NOTICES = """
update notices
set ended_at = $3, state = case state when 'pending' then 'withdrawn' else state end
where tenant_id = $1 and subject = $2 and ended_at is null
returning user_id, state
"""
# The address is looked up when the mail is sent, and nowhere else: what is bound to no account is never written to.
CLAIM_NOTICES = """
with due as (
  select tenant_id, event_id, user_id
  from notices
  where state = 'pending' and next_attempt_at <= $1
  order by next_attempt_at
  limit $3
  for update skip locked
)
update notices n
set attempts = n.attempts + 1, next_attempt_at = $2
from due
join users u on u.tenant_id = due.tenant_id and u.id = due.user_id
where n.tenant_id = due.tenant_id and n.event_id = due.event_id and n.user_id = due.user_id
returning n.tenant_id, n.event_id, n.user_id, n.title, n.title_zh, n.text, n.text_zh, n.attempts,
  case when u.is_active then u.email end
"""
# One that was withdrawn while it was on its way has been sent all the same.
FINISH_NOTICE = """
update notices
set state = $4, last_error = $5, sent_at = case when $4 = 'sent' then $6::timestamptz end
where tenant_id = $1 and event_id = $2 and user_id = $3 and state in ('pending', 'withdrawn')
"""
POSTPONE_NOTICE = """
update notices
set attempts = $4, last_error = $5, next_attempt_at = $6
where tenant_id = $1 and event_id = $2 and user_id = $3 and state = 'pending'
"""


async def add_notices(
    tx: Tx,
    message: InboxMessage,
    subject: UUID,
    *,
    due_at: datetime,
    to: Sequence[UUID] | None,
) -> None:
    """To `to`, who were told of what is over now, else to everybody who can act."""
    occasion = message.occasion
    texts = (message.title, message.title_zh, message.text, message.text_zh)
    row = (occasion.tenant, occasion.event_id, subject, *texts, due_at, occasion.time)
    if to is None:
        await tx.execute(ADD_NOTICES, *row, ACTING_ROLES)
    else:
        await tx.execute(ADD_FAREWELLS, *row, to)


async def end_notices(tx: Tx, tenant: TenantId, subject: UUID, *, now: datetime) -> list[UUID]:
    """Nothing more is sent about what was so far; who has been told of it."""
    rows = await tx.fetch(END_NOTICES, tenant, subject, now)
    return [row["user_id"] for row in rows if row["state"] == "sent"]


async def claim_notices(tx: Tx, *, now: datetime, lease: timedelta, limit: int) -> list[ClaimedNotice]:
    """The longest due first; each is ours until the lease ends."""
    return [ClaimedNotice(*row) for row in await tx.fetch(CLAIM_NOTICES, now, now + lease, limit)]


async def finish_notice(
    tx: Tx, notice: ClaimedNotice, state: str, reason: str | None, *, now: datetime
) -> None:
    """`sent`, `failed` or `withdrawn`."""
    await tx.execute(FINISH_NOTICE, notice.tenant, notice.event_id, notice.user_id, state, reason, now)


async def postpone_notice(
    tx: Tx, notice: ClaimedNotice, reason: str, *, until: datetime, is_counted: bool
) -> None:
    """An attempt that never reached the server does not count."""
    attempts = notice.attempt if is_counted else notice.attempt - 1
    key = (notice.tenant, notice.event_id, notice.user_id)
    await tx.execute(POSTPONE_NOTICE, *key, attempts, reason, until)
