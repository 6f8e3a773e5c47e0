"""What a service knew before a migration is known afterwards, though its owner is bound by row-level security."""

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg
import msgspec
import pytest

from deploy.local.databases import connected, create_database, create_roles, drop_database
from libs.common.migrate import COMMON_SQL, migrate
from services.invoice.domain.documents import Outcome, Place, read_outcomes
from services.invoice.main import MIGRATIONS as INVOICE
from services.notify.domain.deliveries import Document
from services.notify.main import MIGRATIONS as NOTIFY
from services.render.main import MIGRATIONS as RENDER
from tests.helpers.databases import Database, describe_database
from tests.helpers.servers import PASSWORD, Server

TENANT, READY, FAILED = uuid4(), uuid4(), uuid4()
Upgrade: TypeAlias = Callable[[str, Path, str], AbstractAsyncContextManager[tuple[Database, Path]]]


@pytest.fixture
def upgrade(postgres_server: Server, tmp_path: Path) -> Upgrade:
    """A database of a service before the named migration, and the folder with all of them."""
    paths = {each.parent.name: sorted(each.glob("0*.sql")) for each in (INVOICE, NOTIFY, RENDER)}

    @asynccontextmanager
    async def open_old(
        service: str, migrations: Path, first_new: str
    ) -> AsyncIterator[tuple[Database, Path]]:
        name, old = f"test_old_{uuid4().hex}", tmp_path / service / "migrations"
        old.mkdir(parents=True)
        for path in (path for path in paths[service] if path.name < first_new):
            shutil.copy(path, old)
        await create_roles(postgres_server.url, lambda _: PASSWORD)
        await create_database(postgres_server.url, service, name)
        database = describe_database(postgres_server, service, name)
        await migrate(database.owner, [COMMON_SQL, old])
        yield database, migrations
        await drop_database(postgres_server.url, name)

    return open_old


async def fetch_one(database: Database, query: str, *arguments: Any) -> asyncpg.Record:
    async with connected(database.superuser) as connection:
        [row] = await connection.fetch(query, *arguments)
    return row


async def test_invoice_knows_documents_of_before_with_their_places(upgrade: Upgrade) -> None:
    async with upgrade("invoice", INVOICE, "0019") as (database, migrations):
        async with connected(database.superuser) as connection:
            for invoice, state, digest in ((READY, "ready", "ab"), (FAILED, "failed", None)):
                await connection.execute(
                    "insert into invoice_documents values ($1, $2, 'pdf', $3, 1, $4, 9, 'no glyph')",
                    *(TENANT, invoice, state, digest),
                )
            await connection.execute(
                "insert into document_places values ($1, $2, 'pdf', 2, 'b', 'k', 'v', 5, 9, 'cd')",
                TENANT,
                READY,
            )
        await migrate(database.owner, [COMMON_SQL, migrations])
        query = "select documents, places from archived_documents where invoice_id = $1"
        ready, failed = await fetch_one(database, query, READY), await fetch_one(database, query, FAILED)
    assert read_outcomes(ready["documents"]) == {"pdf": Outcome("ready", 2, "cd", 9)}
    places = msgspec.json.decode(ready["places"], type=dict[str, Place])
    assert places == {"pdf": Place("b", "k", "v", 5)}
    assert read_outcomes(failed["documents"])["pdf"].reason == "no glyph"
    assert failed["places"] == "{}"


async def test_notify_sends_the_pdf_of_before(upgrade: Upgrade) -> None:
    async with upgrade("notify", NOTIFY, "0006") as (database, migrations):
        async with connected(database.superuser) as connection:
            await connection.execute(
                """
                insert into invoices (
                  tenant_id, id, pdf_version, pdf_sha256, pdf_bucket, pdf_key, pdf_version_id, pdf_offset, pdf_length
                )
                values ($1, $2, 1, 'ab', 'b', 'k', 'v', 5, 9)
                """,
                *(TENANT, READY),
            )
        await migrate(database.owner, [COMMON_SQL, migrations])
        row = await fetch_one(database, "select documents from invoices")
    documents = msgspec.json.decode(row["documents"], type=dict[str, Document])
    assert documents == {"pdf": Document("pdf", 1, "ab", "b", "k", "v", 5, 9)}


async def test_invoice_counts_what_was_listed_before(upgrade: Upgrade) -> None:
    async with upgrade("invoice", INVOICE, "0007") as (database, migrations):
        async with connected(database.superuser) as connection:
            await connection.execute(
                """
                insert into invoice_views (
                  tenant_id, id, sort_at, kind, status, reversal, authority_state, buyer_name, buyer_tax_id,
                  seller_name, amount, tax, amount_with_tax, tags, search_text, status_updated_at, expected_final_by
                )
                values ($1, $2, '2026-11-23T18:00Z', 'digital_ordinary', 'issued', 'none', 'confirmed', '', '', '',
                        100, 13, 113, '{}', '', now(), now())
                """,
                *(TENANT, READY),
            )
        await migrate(database.owner, [COMMON_SQL, migrations])
        row = await fetch_one(
            database, "select day::text, status, invoices, amount_with_tax from invoice_counts"
        )
    assert tuple(row) == ("2026-11-24", "issued", 1, 113)


async def test_render_knows_objects_of_before(upgrade: Upgrade) -> None:
    async with upgrade("render", RENDER, "0010") as (database, migrations):
        async with connected(database.superuser) as connection:
            await connection.execute(
                """
                insert into invoices (
                  tenant_id, id, number, reference, seller_name, issued_at, body, correlation_id, traceparent,
                  created_at
                )
                values ($1, $2, '1', '', '', '2026-11-24T02:00Z', '', '', '', now())
                """,
                *(TENANT, READY),
            )
            await connection.execute(
                """
                insert into documents (
                  tenant_id, invoice_id, format, version, state, claimed_until, created_at, finished_at, sha256, size,
                  bucket, object_key, object_version_id, object_offset
                )
                values ($1, $2, 'pdf', 1, 'ready', now(), now(), now(), 'ab', 9, 'b', 'k', 'v', 0)
                """,
                *(TENANT, READY),
            )
        await migrate(database.owner, [COMMON_SQL, migrations])
        query = "select bucket, object_key, object_version_id, term_starts_at::text from objects"
        row = await fetch_one(database, query)
    assert tuple(row) == ("b", "k", "v", "2026-12-31 16:00:00+00")
