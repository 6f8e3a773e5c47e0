"""Puts under way, objects with their locks, and the terms that tenants have chosen."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.render.domain import Put, RetentionChoice, ShortLocked, StoredObject
from services.render.retention.terms import TERMS

INSERT_PUTS = """
insert into puts (tenant_id, id, bucket, object_key, locked_until)
select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::timestamptz[])
"""


async def save_puts(tx: Tx, puts: Sequence[Put]) -> None:
    """Before the bytes leave: what is not recorded in the end can be found and removed."""
    if not puts:
        return
    await tx.execute(INSERT_PUTS, *zip(*puts, strict=True))


CONFIRM_PUTS = """
delete from puts
where (tenant_id, id) in (select * from unnest($1::uuid[], $2::uuid[])) and swept_at is null
returning id
"""


async def confirm_puts(tx: Tx, puts: Sequence[Put]) -> set[UUID]:
    """Those of which the objects may be recorded: nobody has begun to remove them."""
    if not puts:
        return set()
    rows = await tx.fetch(CONFIRM_PUTS, [put.tenant for put in puts], [put.id for put in puts])
    return {row["id"] for row in rows}


INSERT_OBJECTS = """
insert into objects (
  tenant_id, object_key, object_version_id, bucket, locked_until, term_starts_at, retain_until, next_attempt_at
)
select s.tenant_id, s.object_key, s.object_version_id, s.bucket, s.locked_until, s.term_starts_at,
  greatest(s.locked_until, coalesce($7, s.term_starts_at + make_interval(years => coalesce((
    select c.years
    from retention_choices c
    where c.tenant_id = s.tenant_id
    order by c.id desc
    limit 1
  ), $8)))), $9
from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[])
  as s (tenant_id, object_key, object_version_id, bucket, locked_until, term_starts_at)
on conflict (tenant_id, object_key, object_version_id) do nothing
"""


async def save_objects(
    tx: Tx, objects: Sequence[StoredObject], *, fixed_until: datetime | None, now: datetime
) -> None:
    """Their locks are extended next, to `fixed_until` or else by the tenant's term."""
    if objects:
        columns = zip(*objects, strict=True)
        await tx.execute(INSERT_OBJECTS, *columns, fixed_until, TERMS.default, now)


CLAIM_SHORT_LOCKED = """
update objects
set next_attempt_at = $2
where ctid = any(array(
  select ctid
  from objects
  where locked_until < retain_until and next_attempt_at <= $1
  order by next_attempt_at
  limit $3
  for update skip locked
))
returning tenant_id, object_key, object_version_id, bucket, retain_until
"""


async def claim_short_locked(tx: Tx, limit: int, *, now: datetime, until: datetime) -> list[ShortLocked]:
    return [ShortLocked(*row) for row in await tx.fetch(CLAIM_SHORT_LOCKED, now, until, limit)]


SAVE_LOCKS = """
update objects o
set locked_until = l.locked_until
from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
  as l (tenant_id, object_key, object_version_id, locked_until)
where o.tenant_id = l.tenant_id
  and o.object_key = l.object_key
  and o.object_version_id = l.object_version_id
  and o.locked_until < l.locked_until
"""


async def save_locks(tx: Tx, extended: Sequence[ShortLocked]) -> None:
    if extended:
        columns = zip(
            *((one.tenant, one.key, one.version_id, one.retain_until) for one in extended), strict=True
        )
        await tx.execute(SAVE_LOCKS, *columns)


CLAIM_LEFT_PUTS = """
update puts
set swept_at = $1
where ctid = any(array(
  select ctid
  from puts
  where locked_until < $2 and (swept_at is null or swept_at < $2)
  order by locked_until
  limit $3
  for update skip locked
))
returning tenant_id, id, bucket, object_key, locked_until
"""


async def claim_left_puts(tx: Tx, limit: int, *, before: datetime, now: datetime) -> list[Put]:
    """Those whose lock ended before `before`; from now on nobody can record what they stored."""
    return [Put(*row) for row in await tx.fetch(CLAIM_LEFT_PUTS, now, before, limit)]


# By the object's own row, and by documents in case that is wrong; other puts of the key may be about to refer to it.
LIST_NAMED_VERSIONS = """
select object_version_id from objects where tenant_id = $1 and object_key = $2
union
select object_version_id from documents where tenant_id = $1 and object_key = $2
"""
HAS_OTHER_PUTS = """
select exists (select 1 from puts where tenant_id = $1 and object_key = $2 and id <> $3 and swept_at is null)
"""


async def list_named_versions(tx: Tx, put: Put) -> set[str] | None:
    """Versions of its object that are referred to; None while another put of the same bytes is under way."""
    if await tx.fetchval(HAS_OTHER_PUTS, put.tenant, put.key, put.id):
        return None
    return {row["object_version_id"] for row in await tx.fetch(LIST_NAMED_VERSIONS, put.tenant, put.key)}


DELETE_PUT = "delete from puts where tenant_id = $1 and id = $2"


async def delete_put(tx: Tx, put: Put) -> None:
    await tx.execute(DELETE_PUT, put.tenant, put.id)


INSERT_CHOICE = """
insert into retention_choices (tenant_id, id, years, actor, request_id, chosen_at)
values ($1, $2, $3, $4, $5, $6)
"""


async def save_choice(
    tx: Tx, tenant: TenantId, choice_id: UUID, *, years: int, actor: str, request_id: str, now: datetime
) -> None:
    await tx.execute(INSERT_CHOICE, tenant, choice_id, years, actor, request_id, now)


CLAIM_CHOICE = """
select tenant_id, id, years
from retention_choices
where applied_at is null and chosen_at < $1
order by chosen_at
limit 1
for update skip locked
"""


async def claim_choice(tx: Tx, *, before: datetime) -> RetentionChoice | None:
    """Locked for the transaction."""
    row = await tx.fetchrow(CLAIM_CHOICE, before)
    return None if row is None else RetentionChoice(*row)


WISH_LONGER_LOCKS = """
update objects
set retain_until = term_starts_at + make_interval(years => $2), next_attempt_at = $3
where ctid = any(array(
  select ctid
  from objects
  where tenant_id = $1 and retain_until < term_starts_at + make_interval(years => $2)
  limit $4
  for update skip locked
))
"""
SAVE_APPLIED = "update retention_choices set applied_at = $3 where tenant_id = $1 and id = $2"


async def apply_choice(tx: Tx, choice: RetentionChoice, limit: int, *, now: datetime) -> bool:
    """Longer terms for up to `limit` objects; True once there are no more. Nothing is ever kept shorter."""
    status: str = await tx.execute(WISH_LONGER_LOCKS, choice.tenant, choice.years, now, limit)
    is_done = int(status.rsplit(maxsplit=1)[-1]) < limit
    if is_done:
        await tx.execute(SAVE_APPLIED, choice.tenant, choice.id, now)
    return is_done
