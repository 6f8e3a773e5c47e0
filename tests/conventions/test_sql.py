"""Every SQL constant is accepted by the database it is meant for; snapshots of the schema are current."""

import importlib
import os
import re
import subprocess
from collections.abc import Iterator
from types import ModuleType
from urllib.parse import urlsplit

import asyncpg
import pytest

from deploy.local.postgres import find_postgres_programs
from tests.conventions.source_files import ROOT
from tests.helpers.databases import MakeDatabase

SERVICES = sorted(path.parent.name for path in ROOT.glob("services/*/main.py"))
# They lifted nothing and so moved nothing; a later migration of the service did it again.
MADE_GOOD = {
    "invoice/0007_finding.sql": "0021_recounted_invoices.sql",
    "invoice/0019_archived_documents.sql": "0020_learnt_documents.sql",
    "notify/0006_documents.sql": "0007_learnt_documents.sql",
}
# Fills a table before that is bound, from tables that the owner may look at (0008).
SEEING = {"render/0010_archive.sql"}
_DATA = re.compile(r"^(?:insert into|update|delete from)\s+(\w+)", re.MULTILINE)
_SQL = re.compile(r"^\s*(with|select|insert|update|delete|set local)\b", re.IGNORECASE)


def modules_with_sql(service: str) -> Iterator[ModuleType]:
    folders = [ROOT / "services" / service, ROOT / "libs" / "common"]
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            if "__main__" not in name and '"""\n' in path.read_text("utf-8"):
                yield importlib.import_module(name.removesuffix(".__init__"))


def sql_constants(module: ModuleType) -> Iterator[tuple[str, str]]:
    for name, value in vars(module).items():
        if not name.isupper() or name.startswith("_"):
            continue
        statements = value.values() if isinstance(value, dict) else [value]
        for statement in statements:
            if isinstance(statement, str) and _SQL.match(statement):
                yield f"{module.__name__}.{name}", statement


@pytest.mark.parametrize("service", SERVICES)
async def test_every_sql_constant_is_prepared_by_the_database(service: str, database: MakeDatabase) -> None:
    made = await database(service)
    connection = await asyncpg.connect(made.superuser)
    refused: dict[str, str] = {}
    count = 0
    try:
        for module in modules_with_sql(service):
            for name, statement in sql_constants(module):
                count += 1
                try:
                    await connection.prepare(statement)
                except asyncpg.PostgresError as error:
                    refused[name] = str(error)
    finally:
        await connection.close()
    assert refused == {}
    assert count > 15


@pytest.mark.parametrize("service", SERVICES)
async def test_schema_snapshot_is_current(service: str, database: MakeDatabase) -> None:
    """`make schemas` writes it."""
    made = await database(service)
    snapshot = ROOT / "services" / service / "migrations" / "schema.sql"
    dumped = dump_schema(made.superuser)
    if os.environ.get("OFP_WRITE_SCHEMAS"):
        snapshot.write_text(dumped, "utf-8")
    assert snapshot.read_text("utf-8") == dumped


def dump_schema(dsn: str) -> str:
    """The schema without what differs from run to run."""
    address = urlsplit(dsn)
    command = [str(find_postgres_programs() / "pg_dump"), "--schema-only", "--no-owner", "--dbname", dsn]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    kept = [
        line
        for line in done.stdout.splitlines()
        if line
        and not line.startswith(("--", "SET ", "SELECT pg_catalog.set_config", "\\restrict", "\\unrestrict"))
    ]
    return "\n".join(kept).replace(address.path.removeprefix("/"), "ofp") + "\n"


@pytest.mark.fast
def test_migration_that_moves_rows_sees_them() -> None:
    """The owner is bound by row-level security; a statement at the start of a line is no function's."""
    blind = set()
    for path in sorted(ROOT.glob("services/*/migrations/[0-9]*.sql")):
        text = path.read_text("utf-8")
        if any(
            f"alter table {table} no force row level security;" not in text for table in _DATA.findall(text)
        ):
            blind.add(f"{path.parents[1].name}/{path.name}")
    assert blind == MADE_GOOD.keys() | SEEING
    for name, repair in MADE_GOOD.items():
        assert (ROOT / "services" / name.partition("/")[0] / "migrations" / repair).exists()
