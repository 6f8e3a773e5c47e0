"""Buyers the tenant has issued to: suggestions while somebody types, and candidates for a near miss."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from libs.common.clock import rfc3339
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, decode_cursor
from libs.common.problems import FieldError, Invalid
from services.invoice.domain.buyers import KnownBuyer, find_near
from services.invoice.domain.parties import Buyer
from services.invoice.queries.freshness import load_as_of

# What begins with the text comes before what contains it; within both, what was used last comes first.
SUGGEST_BUYERS = """
select *
from (
  select name, tax_id, address, phone, bank_name, bank_account, email, invoice_count, last_used_at,
    case when starts_with(lower(name), $2) or starts_with(lower(tax_id), $2) then 0 else 1 end as place
  from buyers
  where tenant_id = $1 and (strpos(lower(name), $2) > 0 or strpos(lower(tax_id), $2) > 0)
) as found
where $3::integer is null
  or place > $3
  or place = $3 and (last_used_at < $4 or last_used_at = $4 and (name, tax_id) > ($5, $6))
order by place, last_used_at desc, name, tax_id
limit $7
"""
# A slip in the code leaves its beginning or its end as it is, one in the name most often its first two characters.
LIST_CANDIDATES = """
select name, tax_id
from buyers
where tenant_id = $1
  and (
    name = $2
    or left(name, 2) = left($2, 2)
    or right(name, 6) = right($2, 6)
    or $3 <> '' and (left(tax_id, 8) = left($3, 8) or right(tax_id, 8) = right($3, 8))
  )
order by name = $2 desc, tax_id = $3 desc, last_used_at desc
limit 100
"""


class BuyerItem(Struct, frozen=True):
    """As it was printed last."""

    name: str
    tax_id: str
    address: str
    phone: str
    bank_name: str
    bank_account: str
    email: str
    invoice_count: int
    last_used_at: str


class BuyerPage(Struct, frozen=True):
    items: list[BuyerItem]
    next_cursor: str | None
    as_of: str


async def suggest_buyers(
    pool: Pool, tenant: TenantId, text: str, *, limit: int, cursor: str | None
) -> BuyerPage:
    """Whose name or tax id contains the text, whatever its case."""
    after: tuple[Any, ...] = decode_cursor(cursor, tuple[int, datetime, str, str]) if cursor else (None,) * 4
    async with transaction(pool, tenant) as tx:
        as_of = await load_as_of(tx, tenant)
        rows = await tx.fetch(SUGGEST_BUYERS, tenant, text.strip().lower(), *after, limit + 1)
    keys = ("place", "last_used_at", "name", "tax_id")
    page, next_cursor = cut_page(rows, limit, lambda row: tuple(row[key] for key in keys))
    return BuyerPage([_item(row) for row in page], next_cursor, rfc3339(as_of))


async def find_near_buyers(tx: Tx, tenant: TenantId, buyer: Buyer) -> list[KnownBuyer]:
    """Whom the tenant may have meant; none if it has issued to this very buyer."""
    rows = await tx.fetch(LIST_CANDIDATES, tenant, buyer.name, buyer.tax_id)
    return find_near(buyer, [KnownBuyer(row["name"], row["tax_id"]) for row in rows])


async def name_near_buyers(pool: Pool, tenant: TenantId, buyer: Buyer, refused: Invalid) -> Invalid:
    """The refusal, and whom the tenant may have meant if it is the buyer's tax id that was refused."""
    if not any(error.pointer == "/buyer/tax_id" for error in refused.errors):
        return refused
    async with transaction(pool, tenant) as tx:
        near = await find_near_buyers(tx, tenant, buyer)
    if not near:
        return refused
    errors = [_with_suggestion(error, near[0]) for error in refused.errors]
    return Invalid(errors=errors, did_you_mean=[{"name": each.name, "tax_id": each.tax_id} for each in near])


def _with_suggestion(error: FieldError, near: KnownBuyer) -> FieldError:
    if error.pointer != "/buyer/tax_id":
        return error
    meant = f"{near.name} {near.tax_id}".strip()
    return replace(
        error,
        detail=f"{error.detail} Did you mean {meant}?",
        detail_zh=f"{error.detail_zh}您是否要填写：{meant}？",
    )


def _item(row: Any) -> BuyerItem:
    fields = {name: row[name] for name in BuyerItem.__struct_fields__}
    return BuyerItem(**fields | {"last_used_at": rfc3339(row["last_used_at"])})
