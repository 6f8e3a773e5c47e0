"""`python -m bench export`: how long the archive of 100,000 invoices takes, and whether its memory stays flat.

Postgres and S3 of its own, the real migrations and roles; invoices are filled in by COPY, their documents lie in packs
under object lock as render leaves them. The worker is a process of its own, measured by its largest resident set.
"""

import argparse
import asyncio
import hashlib
import itertools
import os
import resource
import shutil
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import uvloop

from bench.figures import Figure, at_most, describe_machine, print_table, write_json
from bench.search import COUNT, PASSWORD, RESULTS, START, TENANT, VIEW, Seed, make_folder, scratch_server
from deploy.local.databases import database_url
from deploy.local.object_store import PORT_OPTIONS, make_object_store
from deploy.local.running import running
from libs.common.clock import utc_now
from libs.common.db import open_pool, transaction
from libs.common.ids import new_id
from libs.common.object_store import ObjectStore
from services.invoice.domain.documents import Outcome, Place
from services.invoice.domain.encoding import encode
from services.invoice.domain.export import ExportContent, ExportOrder, archive_key
from services.invoice.domain.invoice import InvoiceLine, Nature, Totals
from services.invoice.domain.parties import Buyer, Seller
from services.invoice.exports.archive import read_manifest
from services.invoice.exports.desk import open_export_desk
from services.invoice.exports.loops import open_export_loops
from services.invoice.settings import InvoiceSettings
from services.invoice.store.export import add_export
from services.invoice.store.invoice import Content

ACCESS_KEY, BUCKET = "bench-only-access", "documents"
TAXPAYER = new_id()
DOCUMENT_BYTES, PACK = 8192, 250
# A tenth of the invoices, exported first: what the whole takes beyond it is growth.
SHARE = 10
GROWTH_GOAL = 64.0
INVOICE = (
    "tenant_id", "id", "taxpayer_id", "kind", "number", "reference", "status", "reversal", "channel", "authority_state",
    "authority_updated_at", "issue_date", "issued_at", "amount", "tax", "amount_with_tax", "content", "fingerprint",
    "version", "actor", "status_updated_at", "expected_final_by", "created_at",
)  # fmt: skip
FORMATS = ("pdf", "ofd", "xml")
PLACE = ("tenant_id", "invoice_id", "documents", "places")
ADD_TAXPAYER = """
insert into taxpayers (
  tenant_id, id, name, tax_id, address, phone, bank_name, bank_account, channel, is_default, created_at
)
values ($1, $2, $3, $4, '', '', '', '', 'local_blocks', true, now())
"""
LOAD_EXPORT = "select status, total, missing, size, problem from exports where tenant_id = $1 and id = $2"


@dataclass(frozen=True)
class Made:
    """One archive: the worker's seconds and largest resident set, and the file's size."""

    invoices: int
    seconds: float
    memory_mb: float
    size_mb: float


def invoice_rows(views: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """What the write model holds of them."""
    seller = Seller("武汉晴川数码科技有限公司", "91420100MA4K00002Y")
    for view in views:
        shown = dict(zip(VIEW, view, strict=True))
        amount, tax, total, at = (shown[name] for name in ("amount", "tax", "amount_with_tax", "sort_at"))
        line = InvoiceLine(
            line_no=1,
            nature=Nature.NORMAL,
            name=shown["search_text"].split("\n")[1],
            specification="",
            unit="个",
            tax_class_code="1090511030000000000",
            policy=None,
            quantity=None,
            unit_price=None,
            amount=amount,
            tax_rate=Decimal("0.13"),
            tax=tax,
            amount_with_tax=total,
            printed_rate="13%",
            printed_tax=str(tax),
        )
        content = Content(
            seller=seller,
            buyer=Buyer(shown["buyer_name"], shown["buyer_tax_id"]),
            lines=(line,),
            totals=Totals(amount, tax, total, ""),
            qr_text=None,
            remarks="",
            drawer="",
            special_business=None,
            tags=(),
            deliver=None,
        )
        yield (
            TENANT, shown["id"], TAXPAYER, shown["kind"], shown["number"], shown["reference"], shown["status"], "none",
            "local_blocks", "confirmed", at, at.date(), at, amount, tax, total, encode(content).decode(),
            hashlib.md5(shown["id"].bytes, usedforsecurity=False).hexdigest(), 1, "user:bench", at, at, at,
        )  # fmt: skip


async def fill(dsn: str, store: ObjectStore, count: int) -> None:
    """Invoices, views and documents."""
    connection = await asyncpg.connect(dsn)
    until = utc_now() + timedelta(days=1)
    try:
        await connection.execute("alter table invoice_views disable trigger user")
        await connection.execute(
            ADD_TAXPAYER, TENANT, TAXPAYER, "武汉晴川数码科技有限公司", "91420100MA4K00002Y"
        )
        rows = Seed(count).rows(TENANT, count)
        while batch := list(itertools.islice(rows, PACK * 8)):
            views, terms = zip(*batch, strict=True)
            await connection.copy_records_to_table("invoice_views", records=views, columns=VIEW)
            await connection.copy_records_to_table("invoice_terms", records=terms)
            await connection.copy_records_to_table(
                "invoices", records=list(invoice_rows(list(views))), columns=INVOICE
            )
            packs = [views[start : start + PACK] for start in range(0, len(views), PACK)]
            places = await asyncio.gather(
                *(put_pack(store, [view[1] for view in pack], until) for pack in packs)
            )
            records = list(itertools.chain.from_iterable(places))
            await connection.copy_records_to_table("archived_documents", records=records, columns=PLACE)
        await connection.execute("alter table invoice_views enable trigger user")
        await connection.execute(COUNT)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def put_pack(store: ObjectStore, invoices: list[UUID], until: Any) -> list[tuple[Any, ...]]:
    """Their documents in one object, as render stores them; where each lies."""
    contents = [os.urandom(DOCUMENT_BYTES) for _ in invoices for _ in FORMATS]
    key = f"packs/{invoices[0]}"
    version = await store.put_locked(
        BUCKET, key, b"".join(contents), until=until, media_type="application/octet-stream"
    )
    pieces, rows = enumerate(contents), []
    for invoice in invoices:
        documents, places = {}, {}
        for name, (place, content) in zip(FORMATS, pieces, strict=False):
            documents[name] = Outcome("ready", 1, hashlib.sha256(content).hexdigest(), DOCUMENT_BYTES)
            places[name] = Place(BUCKET, key, version, place * DOCUMENT_BYTES)
        rows.append((TENANT, invoice, encode(documents).decode(), encode(places).decode()))
    return rows


async def make_export(settings: InvoiceSettings, filters: dict[str, Any]) -> Made:
    """Ordered here, made by a worker of its own, and read whole."""
    order = ExportOrder(
        tenant=TENANT, id=new_id(), content=ExportContent(filters=filters), actor="user:bench"
    )
    async with open_pool(settings.database_url, connections=1, name="bench-export") as pool:
        async with transaction(pool) as tx:
            await add_export(tx, order, now=utc_now())
        began = time.perf_counter()
        command = (sys.executable, "-m", "bench.export", str(order.id))
        worker = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        output, _ = await worker.communicate()
        seconds = time.perf_counter() - began
        async with transaction(pool) as tx:
            made = await tx.fetchrow(LOAD_EXPORT, TENANT, order.id)
    if made is None or made["status"] != "finished" or made["missing"]:
        raise SystemExit(f"the export is not what was ordered: {made and dict(made)}")
    await asyncio.to_thread(check_archive, settings, order, made["total"])
    return Made(made["total"], seconds, float(output.splitlines()[-1]), made["size"] / 2**20)


def check_archive(settings: InvoiceSettings, order: ExportOrder, total: int) -> None:
    """It opens, and holds every format of each invoice, none of them damaged."""
    wanted = total * len(FORMATS)
    path = Path(settings.export_folder) / "fetched.zip"
    open_export_desk(settings).kept.fetch(archive_key(order), path)
    with zipfile.ZipFile(path) as archive:
        manifest, documents = read_manifest(archive), 0
        for name in archive.namelist():
            documents += name.startswith("documents/")
        broken = archive.testzip()
    path.unlink()
    if broken or documents != wanted or manifest["totals"]["documents"] != wanted:
        raise SystemExit(f"the archive is damaged: {broken}, {documents} documents of {wanted}")


async def work(export_id: UUID) -> None:
    """The worker: until the export is at its end; says its largest resident set in MiB."""
    settings = InvoiceSettings()
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            open_pool(settings.database_url, connections=4, name="bench-export-worker")
        )
        exports, *_ = await stack.enter_async_context(open_export_loops(pool, settings))
        while True:
            await exports.step()
            async with transaction(pool) as tx:
                made = await tx.fetchrow(LOAD_EXPORT, TENANT, export_id)
            if made is None or made["status"] in {"finished", "failed"}:
                break
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, flush=True)


def report(part: Made, whole: Made) -> list[Figure]:
    growth = whole.memory_mb - part.memory_mb
    return [
        Figure(f"archive of {whole.invoices:,} invoices", "s", whole.seconds),
        Figure("invoices a second", "", whole.invoices / whole.seconds),
        Figure("size of the archive", "MiB", whole.size_mb),
        Figure(f"memory of the worker at {part.invoices:,}", "MiB", part.memory_mb),
        Figure(f"memory of the worker at {whole.invoices:,}", "MiB", whole.memory_mb),
        at_most("growth of its memory", "MiB", growth, GROWTH_GOAL),
    ]


async def run(options: argparse.Namespace) -> None:
    machine, folder = describe_machine(os.getloadavg()[0]), make_folder()
    ports = range(options.port + 1, options.port + 1 + len(PORT_OPTIONS))
    server = make_object_store(folder / "s3", ports, access_key=ACCESS_KEY, secret_key=PASSWORD)
    url = f"http://127.0.0.1:{ports[0]}"
    (folder / "exports").mkdir()
    try:
        async with scratch_server(folder, options.port) as dsn, running(server, folder / "s3.log"):
            os.environ |= {
                "OFP_DATABASE_URL": database_url(options.port, "invoice", "worker", PASSWORD),
                "OFP_S3_URL": url,
                "OFP_S3_ACCESS_KEY": ACCESS_KEY,
                "OFP_S3_SECRET_KEY": PASSWORD,
                "OFP_EXPORT_FOLDER": str(folder / "exports"),
                "OFP_EXPORT_SECRET": "a secret that lives as long as the bench",
            }
            settings = InvoiceSettings()
            store, started = ObjectStore(url, ACCESS_KEY, PASSWORD), time.monotonic()
            await store.make_bucket(BUCKET)
            await fill(dsn, store, options.invoices)
            store.close()
            print(f"{options.invoices:,} invoices in {time.monotonic() - started:.0f} s", flush=True)
            until = START + timedelta(days=690) / SHARE
            part = await make_export(settings, {"issued_to": until.isoformat()})
            whole = await make_export(settings, {})
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = report(part, whole)
    RESULTS.mkdir(parents=True, exist_ok=True)
    write_json(RESULTS / "export.json", machine | {"invoices": options.invoices}, figures)
    print_table(machine, figures)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench export", description=__doc__)
    parser.add_argument("--invoices", type=int, default=100_000)
    parser.add_argument("--port", type=int, default=29450, help="of the scratch servers, and the next ones")
    uvloop.run(run(parser.parse_args(arguments)))


if __name__ == "__main__":
    asyncio.run(work(UUID(sys.argv[1])))
