"""Reads of a verification: whose a document is, how its invoice stands, and the archived versions of it."""

from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from libs.common.object_store import Slice
from services.render.domain import DocumentKey

FIND_DOCUMENT_OWNER = "select tenant_id, invoice_id, format, version from find_document_owner($1)"
FIND_INVOICE_OWNER = "select tenant_id, invoice_id from find_invoice_owner($1, $2)"


class Owner(NamedTuple):
    """Whose invoice it is."""

    tenant: TenantId
    invoice: UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """An issued invoice as published, and what has become of it since."""

    code: str
    number: str
    body: bytes
    status: Literal["issued", "voided"]
    reversal: Literal["none", "partial", "full"]


class Carrier(NamedTuple):
    """One archived version of one format."""

    key: DocumentKey
    sha256: str
    place: Slice


async def find_document_owner(tx: Tx, sha256: str) -> DocumentKey | None:
    """By the bytes, whoever's they are."""
    row = await tx.fetchrow(FIND_DOCUMENT_OWNER, sha256)
    return (
        DocumentKey(row["tenant_id"], InvoiceId(row["invoice_id"]), row["format"], row["version"])
        if row is not None
        else None
    )


async def find_invoice_owner(tx: Tx, code: str, number: str) -> Owner | None:
    """`code` is empty for a number of 20 digits."""
    row = await tx.fetchrow(FIND_INVOICE_OWNER, code, number)
    return Owner(row["tenant_id"], row["invoice_id"]) if row is not None else None


# A voided invoice has documents that say so; one that was issued for nothing, too.
LOAD_STANDING = """
select coalesce(i.code, '') as code, i.number, i.body, coalesce(r.reversal, 'none') as reversal,
  case
    when exists (
      select from documents d where d.tenant_id = i.tenant_id and d.invoice_id = i.id and d.mark = 'voided'
    ) then 'voided'
    else 'issued'
  end as status
from invoices i
left join reversals r on r.tenant_id = i.tenant_id and r.invoice_id = i.id
where i.tenant_id = $1
  and i.id = $2
"""


async def load_standing(tx: Tx, owner: Owner) -> Standing | None:
    row = await tx.fetchrow(LOAD_STANDING, *owner)
    if row is None:
        return None
    return Standing(row["code"], row["number"], row["body"], row["status"], row["reversal"])


LIST_CARRIERS = """
select tenant_id, invoice_id, format, version, sha256, bucket, object_key, object_version_id, object_offset, size
from documents
where tenant_id = $1
  and invoice_id = $2
  and format = $3
  and state = 'ready'
order by version desc
limit 4
"""


async def list_carriers(tx: Tx, owner: Owner, file_format: str) -> list[Carrier]:
    """The newest first."""
    return [
        Carrier(
            DocumentKey(row["tenant_id"], InvoiceId(row["invoice_id"]), row["format"], row["version"]),
            row["sha256"],
            Slice(
                row["bucket"], row["object_key"], row["object_version_id"], row["object_offset"], row["size"]
            ),
        )
        for row in await tx.fetch(LIST_CARRIERS, *owner, file_format)
    ]
