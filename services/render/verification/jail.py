"""Calls pure functions on hostile bytes, each in a process of its own that can open nothing and is killed in time.

Processes are forked from a server that has loaded the readers, in milliseconds. What comes back is decoded as data of
a known shape, never unpickled, for a reader may have been taken over by what it read.
"""

import asyncio
import multiprocessing
import os
import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TypeVar

import msgspec

from libs.common.log import get_logger
from libs.common.problems import Unavailable
from services.render.verification.errors import FileUnreadable, VerificationBusy
from services.render.verification.unreadable import Unreadable

log = get_logger(__name__)

T = TypeVar("T")

MOST_AT_ONCE = 2
MOST_WAITING = 8
CPU_SECONDS = 10
# A busy machine may need longer than the processor time.
SECONDS = 15.0
MEMORY_BYTES = 512 * 1024 * 1024
MOST_ANSWER_BYTES = 1024 * 1024
READERS = "services.render.verification.warm"

_NOTHING = msgspec.Raw(b"")
_forks = multiprocessing.get_context("forkserver")


class Refusal(msgspec.Struct, frozen=True):
    """Why the bytes could not be read."""

    reason: str
    reason_zh: str


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a call came to: an encoded result, a refusal, or the name of an error that was not foreseen."""

    result: msgspec.Raw = _NOTHING
    refusal: Refusal | None = None
    failure: str = ""


class Jail:
    """A bounded number of calls at once, and a bounded queue before them."""

    def __init__(
        self, *, at_once: int = MOST_AT_ONCE, waiting: int = MOST_WAITING, seconds: float = SECONDS
    ) -> None:
        self._most = at_once + waiting
        self._seconds = seconds
        self._taken = 0
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="jail")
        _forks.set_forkserver_preload([READERS, __name__])

    async def call(
        self,
        function: Callable[..., T],
        *arguments: object,
        result: type[T],
        cpu_seconds: int = CPU_SECONDS,
    ) -> T:
        """The function's result, decoded as `result`. Raises FileUnreadable, or VerificationBusy in a crowd."""
        if self._taken >= self._most:
            raise VerificationBusy(retry_after=2)
        self._taken += 1
        call = partial(_call, partial(function, *arguments), result, cpu_seconds, self._seconds)
        work = asyncio.get_running_loop().run_in_executor(self._threads, call)
        work.add_done_callback(self._free)
        return await asyncio.shield(work)

    def _free(self, work: "asyncio.Future[T]") -> None:
        """A client that left does not make room: the work goes on until it ends or is ended."""
        self._taken -= 1
        if not work.cancelled():
            work.exception()

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _call(work: "partial[T]", result: type[T], cpu_seconds: int, seconds: float) -> T:
    ours, theirs = _forks.Pipe(duplex=False)
    process = _forks.Process(target=_serve, args=(theirs, work, cpu_seconds), daemon=True)
    try:
        process.start()
    except OSError as error:
        ours.close()
        raise Unavailable(f"No reader could be started ({type(error).__name__}).") from error
    finally:
        theirs.close()
    try:
        answer = _receive(ours, seconds)
    finally:
        ours.close()
        process.kill()
        process.join()
        process.close()
    if answer.refusal is not None:
        raise FileUnreadable(answer.refusal.reason, detail_zh=answer.refusal.reason_zh)
    if not bytes(answer.result):
        log.warning("reader_ended", reader=work.func.__name__, failure=answer.failure)
        raise _too_costly()
    return msgspec.json.decode(answer.result, type=result)


def _receive(connection: Connection, seconds: float) -> Answer:
    """Nothing is believed of it but its shape."""
    try:
        if connection.poll(seconds):
            return msgspec.json.decode(connection.recv_bytes(MOST_ANSWER_BYTES), type=Answer)
    except (EOFError, OSError):
        return Answer(failure="killed")
    except msgspec.MsgspecError:
        return Answer(failure="garbled")
    return Answer(failure="late")


def _too_costly() -> FileUnreadable:
    return FileUnreadable(
        "Reading the file takes more time or memory than any invoice does.",
        detail_zh="读取该文件所需的时间或内存超出任何发票文件的正常范围。",
    )


def _serve(connection: Connection, work: Callable[[], object], cpu_seconds: int) -> None:
    """In the process of the call."""
    import_module(READERS)
    _lock(cpu_seconds)
    try:
        answer = Answer(result=msgspec.Raw(msgspec.json.encode(work())))
    except Unreadable as error:
        answer = Answer(refusal=Refusal(error.reason, error.reason_zh))
    except Exception as error:  # noqa: BLE001 - its words may be the stranger's, so only its name is told
        answer = Answer(failure=type(error).__name__)
    connection.send_bytes(msgspec.json.encode(answer))


def _lock(cpu_seconds: int) -> None:
    """No file, socket or pipe can be opened from here on, nothing written, and little time and memory used.

    Addresses and keys of the service are nothing for those who read strangers' files.
    """
    os.environ.clear()
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(kind, (most, most))
