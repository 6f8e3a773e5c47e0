"""Documents as render announced them: one row an invoice, written once an event."""

from collections.abc import Sequence
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.documents import Announcement, read_outcomes
from services.invoice.domain.encoding import encode

SAVE_READY = """
insert into archived_documents as d (tenant_id, invoice_id, documents, places, seal)
select *
from unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::jsonb[], $5::jsonb[])
on conflict (tenant_id, invoice_id) do update
set documents = d.documents || excluded.documents, places = d.places || excluded.places,
    seal = coalesce(excluded.seal, d.seal)
"""


async def save_ready(tx: Tx, announced: Sequence[Announcement]) -> None:
    """The newest version of each document; at most one item an invoice."""
    rows = [
        (
            each.tenant,
            each.invoice_id,
            encode(each.outcomes).decode(),
            encode(each.places).decode(),
            None if each.seal is None else bytes(each.seal).decode(),
        )
        for each in announced
    ]
    await tx.execute(SAVE_READY, *zip(*rows, strict=True))


# An earlier version that is there stays what is handed out.
SAVE_FAILED = """
insert into archived_documents as d (tenant_id, invoice_id, documents)
select *
from unnest($1::uuid[], $2::uuid[], $3::jsonb[])
on conflict (tenant_id, invoice_id) do update
set documents = excluded.documents || d.documents
"""


async def save_failed(tx: Tx, announced: Sequence[Announcement]) -> None:
    """Documents that cannot be drawn; at most one item an invoice."""
    rows = [(each.tenant, each.invoice_id, encode(each.outcomes).decode()) for each in announced]
    await tx.execute(SAVE_FAILED, *zip(*rows, strict=True))


LOAD_DOCUMENTS = """
select invoice_id, documents
from archived_documents
where tenant_id = $1 and invoice_id = any($2::uuid[])
"""


async def load_hashes(tx: Tx, tenant: TenantId, invoices: Sequence[UUID]) -> dict[tuple[str, str, int], str]:
    """SHA-256 by invoice, format and version: the newest version of each."""
    rows = await tx.fetch(LOAD_DOCUMENTS, tenant, invoices)
    return {
        (str(row["invoice_id"]), name, outcome.version): outcome.sha256
        for row in rows
        for name, outcome in read_outcomes(row["documents"]).items()
        if outcome.version is not None and outcome.sha256 is not None
    }
