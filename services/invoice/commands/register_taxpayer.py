"""Register a taxpayer of a tenant."""

from datetime import datetime

from libs.common.db import Tx
from services.invoice.store.connector import insert_connector
from services.invoice.store.taxpayer import Taxpayer, insert_taxpayer


async def register_taxpayer(tx: Tx, taxpayer: Taxpayer, *, now: datetime) -> Taxpayer:
    """Numbers and quota follow within a second or two. Raises DuplicateTaxpayer."""
    await insert_taxpayer(tx, taxpayer, now=now)
    await insert_connector(tx, taxpayer, now=now)
    return taxpayer
