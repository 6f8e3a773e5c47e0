"""What a verification must know of others: which invoices were taken back."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from libs.common.consumer import Handlers
from libs.common.contracts.invoice_corrections import InvoiceReversed
from libs.common.db import Tx
from libs.common.events import Event
from services.render.verification.store import save_reversals


async def on_invoices_reversed(tx: Tx, events: Sequence[Event[InvoiceReversed]], now: datetime) -> None:
    reversals = [
        (event.envelope.tenant, UUID(str(event.envelope.subject)), event.payload.reversal) for event in events
    ]
    await save_reversals(tx, reversals, now=now)


HANDLERS: Handlers = {InvoiceReversed: on_invoices_reversed}
