"""Taxpayers: the legal entities that issue, and which way their numbers come."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from libs.common.db import Tx, constraint_problems
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.invoice import NumberChannel
from services.invoice.domain.kinds import ENTITLEMENTS, STOCKED, InvoiceKind
from services.invoice.domain.parties import Seller
from services.invoice.errors import DuplicateTaxpayer, TaxpayerNotFound


class Taxpayer(Struct, frozen=True):
    """A legal entity of a tenant. `is_default`: issues where a request names none; `kinds`: what it is entitled to."""

    tenant: TenantId
    id: TaxpayerId
    seller: Seller
    channel: NumberChannel
    is_default: bool
    kinds: tuple[InvoiceKind, ...] = ENTITLEMENTS

    def channel_for(self, kind: InvoiceKind) -> NumberChannel:
        """Kinds that are numbered from stock are issued at once, whoever gives the digital numbers."""
        return NumberChannel.LOCAL_BLOCKS if kind in STOCKED else self.channel


INSERT_TAXPAYER = """
insert into taxpayers (
  tenant_id, id, name, tax_id, address, phone, bank_name, bank_account, channel, is_default, created_at
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
CLEAR_DEFAULT = "update taxpayers set is_default = false where tenant_id = $1 and is_default"
LOAD_TAXPAYER = """
select tenant_id, id, name, tax_id, address, phone, bank_name, bank_account, channel, is_default, kinds
from taxpayers
where tenant_id = $1 and ((id = $2) or ($2 is null and is_default))
"""
# A kind that is new has no stock yet: numbers are due.
UPDATE_KINDS = """
with taxpayer as (
  update taxpayers
  set kinds = $3
  where tenant_id = $1 and id = $2
)
update connectors
set numbers_due_at = $4
where tenant_id = $1 and taxpayer_id = $2
"""
LIST_TAXPAYERS = """
select tenant_id, id, name, tax_id, address, phone, bank_name, bank_account, channel, is_default, kinds
from taxpayers
where tenant_id = $1
order by id
limit 1000
"""


async def insert_taxpayer(tx: Tx, taxpayer: Taxpayer, *, now: datetime) -> None:
    """Raises DuplicateTaxpayer. A new default takes the place of the old one."""
    if taxpayer.is_default:
        await tx.execute(CLEAR_DEFAULT, taxpayer.tenant)
    seller = taxpayer.seller
    with constraint_problems(taxpayers_tax_id_key=DuplicateTaxpayer(tax_id=seller.tax_id)):
        await tx.execute(
            INSERT_TAXPAYER,
            taxpayer.tenant,
            taxpayer.id,
            seller.name,
            seller.tax_id,
            seller.address,
            seller.phone,
            seller.bank_name,
            seller.bank_account,
            taxpayer.channel,
            taxpayer.is_default,
            now,
        )


async def load_taxpayer(tx: Tx, tenant: TenantId, taxpayer_id: TaxpayerId | None) -> Taxpayer:
    """The named one or the tenant's default; raises TaxpayerNotFound."""
    row = await tx.fetchrow(LOAD_TAXPAYER, tenant, taxpayer_id)
    if row is None:
        raise TaxpayerNotFound
    return _taxpayer(row)


async def update_kinds(
    tx: Tx, tenant: TenantId, taxpayer_id: TaxpayerId, kinds: Sequence[InvoiceKind], *, now: datetime
) -> None:
    """What the taxpayer is entitled to from now on."""
    await tx.execute(UPDATE_KINDS, tenant, taxpayer_id, list(kinds), now)


async def list_taxpayers(tx: Tx, tenant: TenantId) -> list[Taxpayer]:
    """The tenant's taxpayers, oldest first."""
    return [_taxpayer(row) for row in await tx.fetch(LIST_TAXPAYERS, tenant)]


def _taxpayer(row: Any) -> Taxpayer:
    tenant, taxpayer_id, *party, channel, is_default, kinds = row
    entitled = tuple(map(InvoiceKind, kinds))
    return Taxpayer(tenant, taxpayer_id, Seller(*party), NumberChannel(channel), is_default, entitled)
