"""What must be true of stored invoices and quotas, asked of the database itself, each question in one snapshot."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId

# One page of invoices in the order of their key, each with the rules it breaks. A view may lag behind what
# view_backlog still names; events are given time until $4, documents six hours more: each of the formats $5 is there,
# or render has said why it never will be. Void and digital is only a refused red one whose place the authority's own
# has taken.
CHECK_INVOICES = """
with page as (
  select i.*, i.content -> 'totals' as totals
  from invoices i
  where (i.tenant_id, i.id) > ($1, $2)
  order by i.tenant_id, i.id
  limit $3
)
select p.tenant_id, p.id, array_remove(array[
  case when length(p.number) = 20 and left(p.number, 2) <> to_char(p.issue_date, 'YY') then 'number_year' end,
  case when p.status = 'voided' and p.kind like 'digital%' then 'voided_digital' end,
  case when (p.amount, p.tax, p.amount_with_tax) is distinct from (
    (p.totals ->> 'amount')::numeric, (p.totals ->> 'tax')::numeric, (p.totals ->> 'amount_with_tax')::numeric
  ) then 'totals' end,
  case when (p.amount, p.tax) is distinct from (lines.amount, lines.tax) then 'lines' end,
  case when (v.status, v.number, v.reversal, v.amount, v.tax)
      is distinct from (p.status, p.number, p.reversal, p.amount, p.tax)
    and p.status <> 'draft'
    and not exists (select from view_backlog b where b.tenant_id = p.tenant_id and b.invoice_id = p.id)
  then 'view' end,
  case when p.status in ('issued', 'voided')
    and not exists (select from outbox o where o.subject = p.id and o.type = 'invoice.issued.v1')
    and not exists (
      select from timeline_entries t
      where t.tenant_id = p.tenant_id and t.invoice_id = p.id and t.type = 'invoice.issued.v1'
    )
  then 'event' end,
  case when exists (
    select
    from outbox o
    left join inbox n on n.source = 'openfapiao/invoice' and n.subject = o.subject
    where o.subject = p.id and o.sequence > coalesce(n.last_sequence, 0) and o.time < $4
  ) then 'applied' end,
  case when p.status = 'issued' and p.issued_at < $4 - interval '6 hours'
    and not exists (
      select from archived_documents d
      where d.tenant_id = p.tenant_id and d.invoice_id = p.id and d.documents ?& $5::text[]
    )
  then 'document' end,
  case when p.reversal <> 'none' and not exists (
    select from invoices r where r.tenant_id = p.tenant_id and r.blue_id = p.id and r.status = 'issued'
  ) then 'reversal' end
], null) as broken
from page p
cross join lateral (
  select sum((line ->> 'amount')::numeric) as amount, sum((line ->> 'tax')::numeric) as tax
  from jsonb_array_elements(p.content -> 'lines') as line
) as lines
left join invoice_views v on v.tenant_id = p.tenant_id and v.id = p.id
order by p.tenant_id, p.id
"""
# A pending invoice reserves the quota of the month it was asked for, an issued one uses that of its date; a red one
# frees quota in the month of its blue one only.
CHECK_QUOTAS = """
select q.tenant_id, q.taxpayer_id
from quotas q
cross join lateral (
  select
    coalesce(sum(case when i.red is null or to_char(b.issue_date, 'YYYYMM') = q.period then i.amount end)
      filter (where i.status = 'issued'), 0) as used,
    coalesce(sum(i.amount) filter (where i.status = 'pending' and i.red is null), 0) as reserved
  from invoices i
  left join invoices b on b.tenant_id = i.tenant_id and b.id = i.blue_id
  where i.tenant_id = q.tenant_id
    and i.taxpayer_id = q.taxpayer_id
    and q.period = to_char(coalesce(i.issue_date, (i.created_at at time zone 'Asia/Shanghai')::date), 'YYYYMM')
) as found
where (q.used, q.reserved) is distinct from (found.used, found.reserved)
"""


# Issued red lines never take more of a blue line, netted with its discount, than it holds, and `reversal` says how much
# they took.
CHECK_REVERSALS = """
with red_lines as (
  select r.tenant_id, r.blue_id, (line ->> 'blue_line_no')::integer as line_no, (line ->> 'amount')::numeric as amount,
    (line ->> 'tax')::numeric as tax, coalesce((line ->> 'quantity')::numeric, 0) as quantity
  from invoices r
  cross join lateral jsonb_array_elements(r.content -> 'lines') as line
  where r.blue_id is not null and r.status = 'issued'
),
taken as (
  select tenant_id, blue_id, line_no, sum(amount) as amount, sum(tax) as tax, sum(quantity) as quantity
  from red_lines
  group by tenant_id, blue_id, line_no
),
rest as (
  select t.tenant_id, t.blue_id, blue.amount + t.amount as amount, blue.tax + t.tax as tax,
    blue.quantity + t.quantity as quantity, t.amount + t.tax as taken
  from taken t
  join invoices b on b.tenant_id = t.tenant_id and b.id = t.blue_id
  cross join lateral (
    select sum((line ->> 'amount')::numeric) as amount, sum((line ->> 'tax')::numeric) as tax,
      sum(coalesce((line ->> 'quantity')::numeric, 0)) as quantity
    from jsonb_array_elements(b.content -> 'lines') as line
    where (line ->> 'line_no')::integer = t.line_no
      or (line ->> 'nature' = 'discount' and (line ->> 'line_no')::integer = t.line_no + 1)
  ) as blue
)
select b.tenant_id, b.id
from (
  select tenant_id, blue_id, min(least(amount, tax, quantity)) as least, sum(taken) as taken
  from rest
  group by tenant_id, blue_id
) as reds
join invoices b on b.tenant_id = reds.tenant_id and b.id = reds.blue_id
where reds.least < 0
  or b.reversal <> case when b.amount_with_tax + reds.taken = 0 then 'full' else 'partial' end
"""


class CheckedInvoice(NamedTuple):
    """`broken`: the rules it breaks, by name."""

    tenant: TenantId
    id: UUID
    broken: list[str]


async def check_invoices(
    tx: Tx,
    after: tuple[UUID, UUID],
    limit: int,
    *,
    formats: Sequence[str] = (),
    settled_before: datetime | None = None,
) -> list[CheckedInvoice]:
    """The next invoices beyond the key (tenant, id); what happened later may be on its way (None: everything).

    `formats`: what every invoice gets.
    """
    rows = await tx.fetch(CHECK_INVOICES, *after, limit, settled_before, formats)
    return [CheckedInvoice(*row) for row in rows]


async def check_reversals(tx: Tx) -> Sequence[tuple[TenantId, UUID]]:
    """(tenant, blue invoice) that red ones have taken too much of, or whose reversal says something else."""
    return [(row["tenant_id"], row["id"]) for row in await tx.fetch(CHECK_REVERSALS)]


async def check_quotas(tx: Tx) -> Sequence[tuple[TenantId, UUID]]:
    """(tenant, taxpayer) whose ledger of a month does not agree with its invoices."""
    return [(row["tenant_id"], row["taxpayer_id"]) for row in await tx.fetch(CHECK_QUOTAS)]
