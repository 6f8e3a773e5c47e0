"""The rows of a bulk job: as they were sent, in blocks or as a table to be read, and what became of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from libs.common.db import Tx
from libs.common.ids import TenantId
from services.invoice.domain.job import Block, Job, RowResult
from services.invoice.errors import DuplicateReference

SAVE_UPLOAD = "insert into invoice_job_uploads (tenant_id, job_id, number, content) values ($1, $2, $3, $4)"
LOAD_UPLOAD = """
select content
from invoice_job_uploads
where tenant_id = $1 and job_id = $2 and number = $3
"""
DROP_UPLOAD = "delete from invoice_job_uploads where tenant_id = $1 and job_id = $2"
SAVE_BLOCK = """
insert into invoice_job_blocks (tenant_id, job_id, number, rows, content, places)
values ($1, $2, $3, $4, $5, $6)
"""
LOAD_BLOCKS = """
select number, rows, content, places
from invoice_job_blocks
where tenant_id = $1 and job_id = $2 and number between $3 and $4
order by number
"""
DROP_BLOCKS = "delete from invoice_job_blocks where tenant_id = $1 and job_id = $2 and number < $3"
SAVE_RESULTS = """
insert into invoice_job_rows (tenant_id, job_id, row, state, reference, invoice_id, problem, invoice, places)
select $1, $2, n.row, n.state, n.reference, n.invoice_id, n.problem, n.invoice, n.places
from unnest($3::integer[], $4::text[], $5::text[], $6::uuid[], $7::jsonb[], $8::bytea[], $9::jsonb[])
  as n (row, state, reference, invoice_id, problem, invoice, places)
on conflict (tenant_id, job_id, row) do update
set state = excluded.state, reference = excluded.reference, invoice_id = excluded.invoice_id,
  problem = excluded.problem, invoice = excluded.invoice, places = excluded.places
"""
# All that failed, as blocks behind the last one.
QUEUE_FAILED = """
with failed as (
  update invoice_job_rows
  set state = 'queued', problem = null
  where tenant_id = $1 and job_id = $2 and state = 'failed' and invoice is not null
  returning row, invoice, places
),
placed as (
  select row, invoice, places, (row_number() over (order by row) - 1) / $4 as block
  from failed
)
insert into invoice_job_blocks (tenant_id, job_id, number, rows, content, places)
select $1, $2, $3 + block + 1, array_agg(row order by row), string_agg(invoice, '\\x0a'::bytea order by row),
  jsonb_agg(places order by row)
from placed
group by block
returning cardinality(rows)
"""
QUEUE_ROWS = """
update invoice_job_rows
set state = 'queued', problem = null, invoice = null, places = null
where tenant_id = $1 and job_id = $2 and row = any ($3::integer[]) and state = 'failed'
returning row
"""

FIND_REFERENCES = """
select reference, id, number
from invoices
where tenant_id = $1 and reference = any ($2::text[])
"""
# What ended jobs hold no longer serves anybody after a time: uploads, blocks, and the content of rows.
PRUNE_UPLOADS = """
delete from invoice_job_uploads
where (tenant_id, job_id, number) in (
  select u.tenant_id, u.job_id, u.number
  from invoice_job_uploads u
  join invoice_jobs j on j.tenant_id = u.tenant_id and j.id = u.job_id
  where j.finished_at < $1
  limit $2
)
"""
PRUNE_BLOCKS = """
delete from invoice_job_blocks
where (tenant_id, job_id, number) in (
  select b.tenant_id, b.job_id, b.number
  from invoice_job_blocks b
  join invoice_jobs j on j.tenant_id = b.tenant_id and j.id = b.job_id
  where j.finished_at < $1
  limit $2
)
"""
PRUNE_ROWS = """
update invoice_job_rows
set invoice = null
where (tenant_id, job_id, row) in (
  select r.tenant_id, r.job_id, r.row
  from invoice_job_rows r
  join invoice_jobs j on j.tenant_id = r.tenant_id and j.id = r.job_id
  where j.finished_at < $1 and r.state <> 'succeeded' and r.invoice is not null
  limit $2
)
"""

_PLACES = msgspec.json.Decoder(tuple[tuple[int, ...] | None, ...])


async def save_upload(tx: Tx, job: Job, number: int, content: bytes) -> None:
    """A piece of a table, from number 1."""
    await tx.execute(SAVE_UPLOAD, job.tenant, job.id, number, content)


async def load_upload(tx: Tx, job: Job, number: int) -> bytes | None:
    """A piece of the table, None behind the last."""
    content: bytes | None = await tx.fetchval(LOAD_UPLOAD, job.tenant, job.id, number)
    return content


async def drop_upload(tx: Tx, job: Job) -> None:
    await tx.execute(DROP_UPLOAD, job.tenant, job.id)


async def save_blocks(tx: Tx, job: Job, first_number: int, blocks: Sequence[Block]) -> None:
    """Number them on from `first_number`."""
    rows = [
        (
            job.tenant,
            job.id,
            number,
            block.rows,
            b"\n".join(block.lines),
            None if block.places is None else msgspec.json.encode(block.places).decode(),
        )
        for number, block in enumerate(blocks, first_number)
    ]
    await tx.executemany(SAVE_BLOCK, rows)


async def load_blocks(tx: Tx, job: Job, count: int) -> list[Block]:
    """The next ones, without what is done of the first."""
    found = await tx.fetch(LOAD_BLOCKS, job.tenant, job.id, job.block, job.block + count - 1)
    blocks = [_block(row) for row in found]
    if blocks and job.position:
        blocks[0] = blocks[0].skip(job.position)
    return blocks


async def save_results(tx: Tx, job: Job, results: Sequence[RowResult]) -> None:
    """What became of rows, in place of what had become of them before."""
    await tx.execute(
        SAVE_RESULTS, job.tenant, job.id, *map(list, zip(*map(_result_columns, results), strict=True))
    )


async def drop_blocks(tx: Tx, job: Job) -> None:
    """Those before the one to be worked off next."""
    await tx.execute(DROP_BLOCKS, job.tenant, job.id, job.block)


async def queue_failed(tx: Tx, job: Job, *, rows_a_block: int) -> list[int]:
    """All failed rows again as they were; how many each new block has."""
    found = await tx.fetch(QUEUE_FAILED, job.tenant, job.id, job.blocks, rows_a_block)
    return [row[0] for row in found]


async def queue_rows(tx: Tx, job: Job, rows: Sequence[int]) -> set[int]:
    """Those of the rows that have failed, to be tried with other content."""
    return {row["row"] for row in await tx.fetch(QUEUE_ROWS, job.tenant, job.id, rows)}


async def find_references(
    tx: Tx, tenant: TenantId, references: Sequence[str]
) -> dict[str, DuplicateReference]:
    """Of the references those that invoices have, with the problem that names the invoice."""
    rows = await tx.fetch(FIND_REFERENCES, tenant, references)
    return {
        reference: DuplicateReference(reference=reference, invoice_id=str(invoice_id), number=number)
        for reference, invoice_id, number in rows
    }


async def prune_rows(tx: Tx, *, before: datetime, limit: int) -> bool:
    """So many of each, of jobs that ended before then; True while there may be more. Results stay."""
    uploads = await tx.execute(PRUNE_UPLOADS, before, limit)
    blocks = await tx.execute(PRUNE_BLOCKS, before, limit)
    rows = await tx.execute(PRUNE_ROWS, before, limit)
    return uploads == f"DELETE {limit}" or blocks == f"DELETE {limit}" or rows == f"UPDATE {limit}"


def _result_columns(result: RowResult) -> tuple[object, ...]:
    return (
        result.row,
        result.state,
        result.reference,
        result.invoice_id,
        None if result.problem is None else result.problem.decode(),
        result.invoice,
        None if result.places is None else msgspec.json.encode(result.places).decode(),
    )


def _block(row: Any) -> Block:
    places = None if row["places"] is None else _PLACES.decode(row["places"])
    return Block(tuple(row["rows"]), tuple(row["content"].split(b"\n")), places)
