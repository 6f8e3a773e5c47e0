"""Reads the services' tables as the superuser, past row-level security."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import asyncpg

from tests.chaos.checker.addresses import SERVICES, Addresses
from tests.chaos.checker.evidence import Block, Fact, Invoice, View

# Whose events each service applies.
READS = {
    "auth": ("auth",),
    "invoice": ("auth", "invoice", "render", "notify", "support"),
    "render": ("auth", "invoice"),
    "notify": ("auth", "invoice", "render", "notify", "support"),
    "support": ("auth", "invoice", "render", "notify"),
}
WAITING: Mapping[str, Mapping[str, str]] = {
    "invoice": {
        "submissions": "select count(*) from submissions",
        "view backlog": "select count(*) from view_backlog",
    },
    "render": {"pending documents": "select count(*) from documents where state = 'pending'"},
    "notify": {"open deliveries": "select count(*) from deliveries where state in ('waiting', 'pending')"},
}
EVERYWHERE = {
    "outbox": "select count(*) from outbox where published_at is null",
    "dead letters": "select count(*) from dead_letters where replayed_at is null",
    "parked subjects": "select count(*) from inbox where parked_at is not null",
}
INVOICES = """
select id, tenant_id, content->'tags'->>0 as operation, number, status, channel, authority_state, amount, tax,
  amount_with_tax
from invoices
order by created_at, id
"""
BLOCKS = """
select tenant_id, first_number, last_number, next_number
from number_blocks
where first_number is not null and kind is null
order by first_number
"""
VIEWS = """
select v.id, v.number, v.status, v.authority_state, v.amount, v.tax, v.amount_with_tax, d.documents
from invoice_views v
left join archived_documents d on d.tenant_id = v.tenant_id and d.invoice_id = v.id
"""
FACTS = "select invoice_id, number, status, authority_state, total from invoice_facts"
DOCUMENTS = """
select distinct on (invoice_id, format)
  invoice_id, format, state, sha256, size, bucket, object_key, object_version_id, object_offset
from documents
order by invoice_id, format, version desc
"""
INBOX = "select invoice_id, kind from inbox_messages"
QUOTAS = "select tenant_id, period, used, reserved from quotas"
SEQUENCES = "select subject, last_sequence from event_sequences"
PUBLISHED = "select coalesce(sum(last_sequence), 0)::bigint from event_sequences"
APPLIED = "select source, sum(last_sequence)::bigint as applied from inbox group by source"


@dataclass(frozen=True)
class Tables:
    """The rows; documents and quotas are still to be compared with the archive and the bureau."""

    invoices: Sequence[Invoice]
    blocks: Sequence[Block]
    views: Sequence[View]
    facts: Sequence[Fact]
    documents: Sequence[Mapping[str, Any]]
    inbox: Sequence[tuple[str, str]]
    quotas: Sequence[tuple[str, str, Decimal, Decimal]]
    last_sequences: Mapping[tuple[str, str], int]


async def read_tables(addresses: Addresses) -> Tables:
    """All of it, from four databases."""
    letters = addresses.letters
    async with _connected(addresses, "invoice") as invoice:
        invoices = [_invoice(row, letters) for row in await invoice.fetch(INVOICES)]
        blocks = [_block(row, letters) for row in await invoice.fetch(BLOCKS)]
        views = [View(**_text_id(row, "id") | _hashes(row)) for row in await invoice.fetch(VIEWS)]
        quotas = [(letters[str(row["tenant_id"])], *tuple(row)[1:]) for row in await invoice.fetch(QUOTAS)]
    async with _connected(addresses, "support") as support:
        facts = [Fact(**_text_id(row, "invoice_id")) for row in await support.fetch(FACTS)]
    async with _connected(addresses, "render") as render:
        documents = [_text_id(row, "invoice_id") for row in await render.fetch(DOCUMENTS)]
    async with _connected(addresses, "notify") as notify:
        inbox = [(str(row["invoice_id"]), row["kind"]) for row in await notify.fetch(INBOX)]
    sequences = await _read_sequences(addresses)
    return Tables(invoices, blocks, views, facts, documents, inbox, quotas, sequences)


async def read_leftovers(addresses: Addresses) -> dict[str, int]:
    """What still waits anywhere, zeroes left out; also asked while the system drains."""
    counts = await asyncio.gather(*(_count(addresses, service) for service in SERVICES))
    published = {service: found[1] for service, found in zip(SERVICES, counts, strict=True)}
    left = {
        f"{service} {name}": n
        for service, found in zip(SERVICES, counts, strict=True)
        for name, n in found[0].items()
    }
    for service, found in zip(SERVICES, counts, strict=True):
        for source in READS[service]:
            left[f"{service} behind {source}"] = published[source] - found[2].get(source, 0)
    return {name: count for name, count in left.items() if count}


async def _count(addresses: Addresses, service: str) -> tuple[dict[str, int], int, dict[str, int]]:
    """What waits in this service, how many events it announced, and how many it applied of each source."""
    async with _connected(addresses, service) as connection:
        statements = EVERYWHERE | dict(WAITING.get(service, {}))
        waiting = {name: await connection.fetchval(statement) for name, statement in statements.items()}
        published = await connection.fetchval(PUBLISHED)
        rows = await connection.fetch(APPLIED)
    return waiting, published, {row["source"].rpartition("/")[2]: row["applied"] for row in rows}


async def _read_sequences(addresses: Addresses) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for service in SERVICES:
        async with _connected(addresses, service) as connection:
            for subject, last in await connection.fetch(SEQUENCES):
                found[f"{service}.events", str(subject)] = last
    return found


@asynccontextmanager
async def _connected(addresses: Addresses, service: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(addresses.database(service), timeout=5, command_timeout=20)
    try:
        yield connection
    finally:
        await connection.close(timeout=2)


def _invoice(row: Any, letters: Mapping[str, str]) -> Invoice:
    values = _text_id(row, "id", tenant_id="tenant")
    values["tenant"] = letters[str(row["tenant_id"])]
    values["operation"] = row["operation"] or ""
    return Invoice(**values)


def _hashes(row: Any) -> dict[str, Any]:
    found = json.loads(row["documents"] or "{}")
    return {"documents": {name: each["sha256"] for name, each in found.items() if each["state"] == "ready"}}


def _block(row: Any, letters: Mapping[str, str]) -> Block:
    tenant, first, last, following = row
    return Block(tenant=letters[str(tenant)], first=int(first), last=int(last), next=int(following))


def _text_id(row: Any, name: str, **renamed: str) -> dict[str, Any]:
    values = {renamed.get(key, key): value for key, value in row.items()}
    return values | {name: str(row[name])}
