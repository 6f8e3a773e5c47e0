"""Connections that are closed, and the ticket about each."""

from datetime import datetime, timedelta

from libs.common.db import Tx
from services.support.domain.connectors import RECOVERY_SECONDS, ClosedConnector, ConnectorChange
from services.support.domain.tickets import TicketId

# Answers the ticket that has come to its end.
SAVE_CONNECTOR = """
insert into connectors as c (tenant_id, taxpayer_id, seller_name, state, since)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, taxpayer_id) do update
set seller_name = excluded.seller_name, state = excluded.state, since = excluded.since,
    ticket_id = case when excluded.state <> 'ok' then c.ticket_id end
returning case when new.state = 'ok' then old.ticket_id end
"""
CLAIM_CLOSED = """
select c.tenant_id, c.taxpayer_id, c.seller_name, c.state, c.since, late.invoices
from connectors c
cross join lateral (
  select count(*) as invoices
  from invoice_facts f
  where f.tenant_id = c.tenant_id and f.taxpayer_id = c.taxpayer_id and f.is_watched and f.expected_final_by < $1
) late
where c.state <> 'ok' and c.ticket_id is null and late.invoices > 0
limit 1
for update of c skip locked
"""
KEEP_TICKET = "update connectors set ticket_id = $3 where tenant_id = $1 and taxpayer_id = $2"


async def save_connector(tx: Tx, change: ConnectorChange) -> TicketId | None:
    """Overwrite the copy; the ticket about it, if it is over now."""
    key = (change.tenant, change.taxpayer)
    ticket: TicketId | None = await tx.fetchval(
        SAVE_CONNECTOR, *key, change.seller_name, change.state, change.since
    )
    return ticket


async def claim_closed(tx: Tx, before: datetime) -> ClosedConnector | None:
    """A closed connection for which promises were missed before this instant and no ticket speaks yet; locked."""
    row = await tx.fetchrow(CLAIM_CLOSED, before)
    return None if row is None else ClosedConnector(*row)


async def keep_ticket(tx: Tx, connector: ClosedConnector, ticket: TicketId) -> None:
    """The ticket speaks for all that waits for the connection."""
    await tx.execute(KEEP_TICKET, connector.tenant, connector.taxpayer, ticket)


def recovered_before(before: datetime) -> datetime:
    """Whose connection has been back since then has had time to catch up."""
    return before - timedelta(seconds=RECOVERY_SECONDS)
