"""Callbacks of the authority, until what they are about has been made due."""

from datetime import datetime

from libs.common.db import Tx
from services.invoice.domain.callback import Callback

# Without a conflict target, for the api may not read the table.
SAVE_CALLBACK = """
insert into authority_callbacks (id, about, seller, serial, received_at)
values ($1, $2, $3, $4, $5)
on conflict do nothing
"""
# What is being asked about at this moment is heeded afterwards: that answer may be older than the callback. A serial
# that is nobody's, or another seller's, changes nothing. A closed line's rest holds: it is not asked sooner.
HEED_CALLBACKS = """
with heard as materialized (
  select c.id, c.about, c.seller, c.serial, case when c.serial ~ '^[0-9a-f]{32}$' then c.serial::uuid end as form_id
  from authority_callbacks c
  where c.heeded_at is null
    and not exists (select from submissions s where s.serial = c.serial and s.claimed_until > $1)
  order by c.received_at
  limit $2
  for update skip locked
),
heeded as (
  update authority_callbacks c
  set heeded_at = $1
  from heard
  where c.id = heard.id
),
submission as (
  update submissions s
  set next_attempt_at = $1, ask_first = true
  where (s.tenant_id, s.invoice_id) in (
    select w.tenant_id, w.invoice_id
    from heard h
    join submissions w on w.serial = h.serial
    join taxpayers t on t.tenant_id = w.tenant_id and t.id = w.taxpayer_id
    where h.about = 'invoice' and t.tax_id = h.seller
    order by w.tenant_id, w.invoice_id
    for update of w skip locked
  )
),
form as (
  update red_forms f
  set next_attempt_at = $1
  where (f.tenant_id, f.id) in (
    select w.tenant_id, w.id
    from heard h
    join taxpayers t on t.tax_id = h.seller
    join red_forms w on w.tenant_id = t.tenant_id and w.id = h.form_id
    where h.about = 'red_form' and w.next_attempt_at > $1
    for update of w skip locked
  )
),
list as (
  update connectors c
  set forms_due_at = $1
  from heard h
  join taxpayers t on t.tax_id = h.seller
  where h.about = 'red_form' and c.tenant_id = t.tenant_id and c.taxpayer_id = t.id and c.forms_due_at > $1
)
select count(*) from heard
"""
FORGET_CALLBACKS = """
delete from authority_callbacks
where id in (select id from authority_callbacks where heeded_at < $1 limit $2 for update skip locked)
"""


async def save_callback(tx: Tx, callback: Callback, *, now: datetime) -> bool:
    """False if it was there before."""
    row = (callback.id, callback.about, callback.seller, callback.serial)
    return bool(await tx.execute(SAVE_CALLBACK, *row, now) == "INSERT 0 1")


async def heed_callbacks(tx: Tx, *, now: datetime, limit: int) -> int:
    """Make due, and to be asked for first, what the oldest callbacks are about; how many there were."""
    count: int = await tx.fetchval(HEED_CALLBACKS, now, limit)
    return count


async def forget_callbacks(tx: Tx, *, before: datetime, limit: int) -> None:
    """Those that were heeded long ago: a later repeat costs one question more."""
    await tx.execute(FORGET_CALLBACKS, before, limit)
