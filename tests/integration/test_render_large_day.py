"""A day of many documents: tiles across batches give the root of all leaves, in little memory, to which proofs lead.

`OFP_TEST_DAY_DOCUMENTS=100000` makes it as large as a large tenant's.
"""

import os
import random
import time
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from clients.verify.canonical import encode
from clients.verify.merkle import hash_leaf, root_from_path
from libs.common.db import Pool, open_pool, transaction
from libs.common.ids import TenantId, new_id
from services.render.day_sealer import BATCH, DaySealer
from services.render.merkle import root_of
from services.render.proofs.queries import find_proof, list_roots
from services.render.seal import Sealer, read_key
from services.render.store.day_root import read_leaf
from tests.helpers.databases import Database, MakeDatabase
from tests.helpers.rendering import SEAL_KEY

CLOSING = datetime(2026, 11, 24, 16, 10, tzinfo=UTC)
DOCUMENTS = int(os.environ.get("OFP_TEST_DAY_DOCUMENTS", 2 * BATCH + 301))
MOST_BYTES = 16 * 1024 * 1024
TENANT = TenantId(new_id())
FILL = """
with issued as (
  insert into invoices (tenant_id, id, number, reference, seller_name, issued_at, body, correlation_id, traceparent,
    created_at)
  select $1, uuidv7(), lpad(n::text, 20, '0'), '', '', $3, '', '', '', $3
  from generate_series(1, $2::integer) n
  returning id, number
)
insert into documents (tenant_id, invoice_id, format, version, state, claimed_until, created_at, finished_at, sha256,
  size, bucket, object_key, object_version_id, object_offset)
select $1, id, 'pdf', 1, 'ready', $3, $3, $3, encode(sha256(number::bytea), 'hex'), 1, '', '', '', 0
from issued
"""
LOAD_LEAVES = """
select d.invoice_id, d.format, d.version, d.sha256, d.size, d.leaf_index, i.code, i.number, i.issued_at
from documents d
join invoices i on i.tenant_id = d.tenant_id and i.id = d.invoice_id
order by d.leaf_index
"""


@pytest.fixture
async def made(database: MakeDatabase) -> Database:
    made = await database("render")
    connection = await asyncpg.connect(made.superuser)
    try:
        await connection.execute(FILL, TENANT, DOCUMENTS, CLOSING - timedelta(hours=1))
        await connection.execute("analyze")
    finally:
        await connection.close()
    return made


@pytest.fixture
async def pool(made: Database) -> AsyncIterator[Pool]:
    async with open_pool(made.worker, connections=2, name="test-large-day") as pool:
        yield pool


async def test_large_day_is_closed_in_little_memory_and_every_proof_leads_to_its_root(
    made: Database, pool: Pool
) -> None:
    sealer = DaySealer(pool, Sealer(read_key(SEAL_KEY)), now=lambda: CLOSING)
    begun = time.monotonic()
    tracemalloc.start()
    assert await sealer.step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    print(f"{DOCUMENTS} documents in {time.monotonic() - begun:.1f} s, {most / 2**20:.1f} MiB")  # noqa: T201
    assert most < MOST_BYTES

    connection = await asyncpg.connect(made.superuser)
    rows = await connection.fetch(LOAD_LEAVES)
    await connection.close()
    assert [row["leaf_index"] for row in rows] == list(range(DOCUMENTS))
    leaves = [hash_leaf(encode(read_leaf(row))) for row in rows]
    lots = random.Random(7)  # noqa: S311 - the same every time
    async with transaction(pool) as tx:
        [root] = await list_roots(tx, TENANT, before=CLOSING.date() + timedelta(days=1), limit=2)
        assert (root.documents, root.root) == (DOCUMENTS, root_of(leaves).hex())
        for index in {0, DOCUMENTS - 1, *lots.sample(range(DOCUMENTS), 50)}:
            found = await find_proof(tx, TENANT, rows[index]["invoice_id"], "pdf", None)
            assert found is not None
            assert found.inclusion is not None
            assert encode(found.inclusion.leaf) == encode(read_leaf(rows[index]))
            path = [bytes.fromhex(beside) for beside in found.inclusion.path]
            assert root_from_path(leaves[index], index, DOCUMENTS, path).hex() == root.root
