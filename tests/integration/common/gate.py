"""A gate inside the database: statements of the product wait there until the test has done what it came for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from deploy.local.databases import connected
from deploy.local.process import wait_until

GATE = 0x67617465

# `before` holds a statement, `deferred` holds the COMMIT of its transaction.
HOLD = """
create function wait_at_gate() returns trigger language plpgsql as
$$ begin perform pg_advisory_xact_lock_shared({gate}); return new; end $$
"""
BEFORE = (
    "create trigger held before {event} on {table} for each row {condition} execute function wait_at_gate()"
)
AT_COMMIT = """
create constraint trigger held after {event} on {table} deferrable initially deferred
for each row execute function wait_at_gate()
"""
WAITING = """
select pid
from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


class Gate:
    """Closed until `open`. Whoever waits longer than its lock_timeout gives up, as for any lock."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def hold(self, table: str, event: str, *, when: str = "", at_commit: bool = False) -> None:
        """Let every `event` (insert, update) on the table wait here, or the commit of its transaction."""
        condition = f"when ({when})" if when else ""
        trigger = AT_COMMIT if at_commit else BEFORE
        await self._connection.execute(HOLD.format(gate=GATE))
        await self._connection.execute(trigger.format(table=table, event=event, condition=condition))

    async def waiting(self) -> int:
        """How many sessions of this database wait for a lock, this gate's or another."""
        return len(await self._connection.fetch(WAITING))

    async def until_waiting(self, sessions: int = 1) -> None:
        async def are_waiting() -> bool:
            return await self.waiting() >= sessions

        await wait_until(are_waiting, 60, f"{sessions} waiting session(s)")

    async def end_waiting(self) -> None:
        """End the sessions that wait, as the server does with those of a client that is gone."""
        for session in await self._connection.fetch(WAITING):
            await self._connection.execute("select pg_terminate_backend($1)", session["pid"])

    async def open(self) -> None:
        await self._connection.execute("select pg_advisory_unlock_all()")

    async def close(self) -> None:
        await self._connection.execute("select pg_advisory_lock($1)", GATE)


@asynccontextmanager
async def closed_gate(superuser: str) -> AsyncIterator[Gate]:
    """The gate of that database, closed; it opens at the latest when the block ends."""
    async with connected(superuser) as connection:
        gate = Gate(connection)
        await gate.close()
        yield gate
