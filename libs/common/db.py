"""Postgres: the pool, and the one function that hands out connections, each inside a tenant's transaction."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from libs.common.ids import TenantId
from libs.common.metrics import POOL_IN_USE
from libs.common.problems import Problem, Unavailable

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Tx: TypeAlias = "PoolConnectionProxy[asyncpg.Record]"

_LIMITS = {
    "lock_timeout": "2s",
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "15s",
    "jit": "off",
    # Statements look rows up by key. A plan made while a table was empty would read all of it, and is kept for long.
    "enable_seqscan": "off",
    "timezone": "UTC",
}
ACQUIRE_SECONDS = 2.0

# What a dead, restarting or overloaded server looks like from here; the outcome of a commit may be unknown, so the
# client repeats the request under its Idempotency-Key.
OPERATIONAL_ERRORS = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.ReadOnlySQLTransactionError,
)


if TYPE_CHECKING:  # generic in its stubs only
    _AsyncpgConnection = asyncpg.Connection[asyncpg.Record]
else:
    _AsyncpgConnection = asyncpg.Connection


class _Connection(_AsyncpgConnection):
    """Settings are transaction-local and locks end with their transaction, so there is nothing to reset."""

    def get_reset_query(self) -> str:
        return ""


@asynccontextmanager
async def open_pool(dsn: str, *, connections: int, name: str) -> AsyncIterator[Pool]:
    """A pool with every time limit set; `name` shows in pg_stat_activity."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=1,
        max_size=connections,
        command_timeout=20,
        timeout=5,
        max_inactive_connection_lifetime=600,
        connection_class=_Connection,
        server_settings=_LIMITS | {"application_name": name},
    )
    try:
        yield pool
    finally:
        pool.terminate()


@asynccontextmanager
async def transaction(pool: Pool, tenant: TenantId | None = None) -> AsyncIterator[Tx]:
    """The only way to a connection. Row-level security shows the rows of `tenant`; without one the api role sees none.

    Commits when the block ends, so answer the client after it. Operational failures become Unavailable.
    """
    try:
        async with _acquired(pool) as connection:
            try:
                await connection.execute(_begin(tenant))
                yield connection
                await _commit(connection)
            except BaseException:
                await _roll_back(connection)
                raise
    except OPERATIONAL_ERRORS as error:
        detail = f"The database did not answer ({type(error).__name__})."
        raise Unavailable(detail, detail_zh="数据库暂时没有响应。") from error


@asynccontextmanager
async def _acquired(pool: Pool) -> AsyncIterator[Tx]:
    connection = await pool.acquire(timeout=ACQUIRE_SECONDS)
    POOL_IN_USE.inc()
    try:
        yield connection
    finally:
        POOL_IN_USE.dec()
        await pool.release(connection, timeout=5)


def _begin(tenant: TenantId | None) -> str:
    """One round trip for both; the UUID type is what makes the literal safe."""
    if tenant is None:
        return "begin"
    if not isinstance(tenant, UUID):
        raise TypeError("a tenant id is a UUID")
    return f"begin; select set_config('app.tenant', '{tenant}', true)"


async def _commit(connection: Tx) -> None:
    """Postgres answers the commit of a failed transaction with ROLLBACK, without an error."""
    if await connection.execute("commit") != "COMMIT":
        raise RuntimeError("the error of a statement was swallowed: nothing was kept")


async def _roll_back(connection: Tx) -> None:
    """Whatever was under way: after a cancellation the client does not know yet whether a transaction began."""
    if not connection.is_closed():
        await connection.execute("rollback")


@contextmanager
def constraint_problems(**problems: Problem) -> Iterator[None]:
    """Translate violations of the named constraints: `constraint_problems(invoices_reference_key=Duplicate())`."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        if (problem := problems.get(error.constraint_name or "")) is not None:
            raise problem from None
        raise
