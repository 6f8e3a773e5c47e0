"""One durable SQLite file: a writer thread that commits many callers' work at once, and a reader beside it."""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
Outcome = tuple["asyncio.Future[Any]", Any, BaseException | None]

LARGEST_GROUP = 200


class Database:
    """Whatever `write` has returned survives kill -9: WAL with synchronous=FULL, one commit for a group."""

    def __init__(self, path: Path, schema: str) -> None:
        self._writer = open_connection(path)
        self._writer.executescript(schema)
        self._reader = open_connection(path)
        self._waiting: queue.SimpleQueue[tuple[Work[Any], asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_groups, name="database-writer")
        self._thread.start()
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-reader")

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction and return after the commit; what it raises undoes it alone."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.put((work, future))
        return await future

    async def read(self, work: Work[T]) -> T:
        """Run `work`, which only reads, on the last committed state."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, work, self._reader)

    def close(self) -> None:
        """Finish what waits, then close the file."""
        self._waiting.put(None)
        self._thread.join()
        self._executor.shutdown()
        self._writer.close()
        self._reader.close()

    def _write_groups(self) -> None:
        is_open = True
        while is_open:
            group = [self._waiting.get()]
            with suppress(queue.Empty):
                while len(group) < LARGEST_GROUP:
                    group.append(self._waiting.get_nowait())
            is_open = None not in group
            settle(run_group(self._writer, [task for task in group if task is not None]))


def open_connection(path: Path) -> sqlite3.Connection:
    """Autocommit mode: transactions are begun and committed by hand."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma busy_timeout = 10000")
    return connection


def run_group(
    connection: sqlite3.Connection, group: list[tuple[Work[Any], "asyncio.Future[Any]"]]
) -> list[Outcome]:
    """One transaction, a savepoint a task; if the commit fails, every task has failed."""
    outcomes: list[Outcome] = []
    try:
        connection.execute("begin immediate")
        outcomes.extend((future, *run_alone(connection, work)) for work, future in group)
        connection.execute("commit")
    except sqlite3.Error as error:
        if connection.in_transaction:
            connection.execute("rollback")
        return [(future, None, error) for _, future in group]
    return outcomes


def run_alone(connection: sqlite3.Connection, work: Work[T]) -> tuple[T | None, Exception | None]:
    """The task's result, or what it raised after its changes were undone."""
    connection.execute("savepoint task")
    try:
        result = work(connection)
    except Exception as error:  # noqa: BLE001 - handed to the caller, who waits for it
        connection.execute("rollback to task")
        connection.execute("release task")
        return None, error
    connection.execute("release task")
    return result, None


def settle(outcomes: list[Outcome]) -> None:
    """Hand the results to the event loop that waits for them, if it still does."""
    if outcomes:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            outcomes[0][0].get_loop().call_soon_threadsafe(_settle_in_loop, outcomes)


def _settle_in_loop(outcomes: list[Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # the caller has gone
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
