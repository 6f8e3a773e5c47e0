"""Collects the evidence of a drained system."""

import asyncio
from pathlib import Path

from tests.chaos.checker.addresses import Addresses
from tests.chaos.checker.archive import read_archive
from tests.chaos.checker.evidence import Evidence, Quota
from tests.chaos.checker.history import read_history
from tests.chaos.checker.outside import (
    read_blocks_at_bureau,
    read_feed,
    read_held,
    read_mails,
    read_used_quota,
)
from tests.chaos.checker.tables import Tables, read_leftovers, read_tables
from tests.chaos.checker.topics import read_topics


async def gather(addresses: Addresses, history_path: Path) -> Evidence:
    """Nothing may change meanwhile."""
    history = read_history(history_path)
    tables = await read_tables(addresses)
    return Evidence(
        operations=history.operations,
        strikes=history.strikes,
        drained_after=history.drained_after,
        invoices=tables.invoices,
        blocks=tables.blocks,
        blocks_at_bureau=await asyncio.to_thread(read_blocks_at_bureau, addresses),
        last_sequences=tables.last_sequences,
        records=await read_topics(addresses.kafka),
        documents=await read_archive(addresses, tables.documents),
        views=tables.views,
        facts=tables.facts,
        feeds={
            each.letter: await asyncio.to_thread(read_feed, addresses, each) for each in addresses.tenants
        },
        inbox=tables.inbox,
        mails=await asyncio.to_thread(read_mails, addresses),
        held=await asyncio.to_thread(read_held, addresses),
        quotas=await asyncio.to_thread(_quotas, addresses, tables),
        leftovers=await read_leftovers(addresses),
    )


def _quotas(addresses: Addresses, tables: Tables) -> list[Quota]:
    tenants = {tenant.letter: tenant for tenant in addresses.tenants}
    return [
        Quota(
            tenant=letter,
            used=used,
            reserved=reserved,
            used_at_bureau=read_used_quota(addresses, tenants[letter], period),
        )
        for letter, period, used, reserved in tables.quotas
    ]
