"""Keep what the authority may have told us, for the worker to ask about."""

from datetime import datetime

from libs.common.db import Tx
from services.invoice.domain.callback import Callback
from services.invoice.store.callback import save_callback


async def hear_callback(tx: Tx, callback: Callback, *, now: datetime) -> bool:
    """False for a repeat. Whether we know the seller or the serial makes no difference here."""
    return await save_callback(tx, callback, now=now)
