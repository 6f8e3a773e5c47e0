"""The directory of buyers: written from events, asked for suggestions and for near misses."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from libs.common.contracts.invoice_document import PartyDocument
from libs.common.db import Tx
from libs.common.ids import TenantId

# The latest contact data win; one row a buyer however often it comes in one run.
LEARN_BUYERS = """
insert into buyers (
  tenant_id, name, tax_id, address, phone, bank_name, bank_account, email, invoice_count, last_used_at
)
select distinct on (tenant_id, name, tax_id)
  tenant_id, name, tax_id, address, phone, bank_name, bank_account, email,
  count(*) over (partition by tenant_id, name, tax_id), used_at
from unnest(
  $1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::timestamptz[]
) as used (tenant_id, name, tax_id, address, phone, bank_name, bank_account, email, used_at)
order by tenant_id, name, tax_id, used_at desc
on conflict (tenant_id, name, tax_id) do update
set address = excluded.address, phone = excluded.phone, bank_name = excluded.bank_name,
    bank_account = excluded.bank_account, email = excluded.email,
    invoice_count = buyers.invoice_count + excluded.invoice_count,
    last_used_at = greatest(buyers.last_used_at, excluded.last_used_at)
"""


class UsedBuyer(Struct, frozen=True):
    """A buyer as it stood on an invoice issued at `used_at`."""

    tenant: TenantId
    party: PartyDocument
    used_at: datetime


async def learn_buyers(tx: Tx, used: Sequence[UsedBuyer]) -> None:
    """Count each use and keep what was printed last."""
    rows = [
        (
            each.tenant,
            each.party.name,
            each.party.tax_id,
            each.party.address,
            each.party.phone,
            each.party.bank_name,
            each.party.bank_account,
            each.party.email,
            each.used_at,
        )
        for each in used
    ]
    if rows:
        await tx.execute(LEARN_BUYERS, *zip(*rows, strict=True))
