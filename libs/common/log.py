"""Structured logs: one JSON line an event on standard output, written by a thread so that a full pipe stalls nobody."""

import logging
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from typing import Any

import msgspec
import structlog
from structlog.typing import EventDict, WrappedLogger

from libs.common.metrics import LOG_LINES_DROPPED

_MOST_LINES = 10_000
_FLUSH_SECONDS = 1.0
# Lines that come within this time are written together: waking the writer costs more than the line.
_GATHER_SECONDS = 0.05


class _Writer:
    """Takes lines without ever waiting; drops them, and counts them, while standard output is stuck or broken."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque()
        self._has_lines = threading.Event()
        self._writing = threading.Lock()
        self._gather_seconds = _GATHER_SECONDS
        self._is_broken = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="log-writer", daemon=True).start()

    def put(self, line: bytes) -> None:
        if len(self._lines) >= _MOST_LINES:
            LOG_LINES_DROPPED.inc()
            return
        self._lines.append(line)
        if not self._has_lines.is_set():
            self._has_lines.set()

    def flush(self, seconds: float) -> None:
        self._gather_seconds = 0.0
        deadline = time.monotonic() + seconds
        while self._lines and time.monotonic() < deadline:
            time.sleep(0.005)
        if self._writing.acquire(timeout=max(0.0, deadline - time.monotonic())):
            self._writing.release()

    def _run(self) -> None:
        while True:
            self._has_lines.wait()
            time.sleep(self._gather_seconds)
            self._has_lines.clear()
            with self._writing:
                self._write([self._lines.popleft() for _ in range(len(self._lines))])

    def _write(self, lines: list[bytes]) -> None:
        """The thread outlives a full disk or a pipe without a reader; standard error tells of it once."""
        try:
            sys.stdout.buffer.write(b"".join(lines))
            sys.stdout.buffer.flush()
        except Exception as error:  # noqa: BLE001 - there is nobody above to tell
            LOG_LINES_DROPPED.inc(len(lines))
            if not self._is_broken:
                _complain(error)
            self._is_broken = True
        else:
            self._is_broken = False


def _complain(error: Exception) -> None:
    line = msgspec.json.encode({"event": "log_not_written", "level": "critical", "error": repr(error)})
    with suppress(Exception):
        sys.stderr.buffer.write(line + b"\n")
        sys.stderr.buffer.flush()


_writer = _Writer()


class _LineLogger:
    """Where the chain of processors ends; `name` is what `add_logger_name` reads."""

    def __init__(self, name: str = "") -> None:
        self.name = name

    def msg(self, line: bytes) -> None:
        _writer.put(line)

    debug = info = warning = error = exception = critical = fatal = msg


class _LineHandler(logging.Handler):
    """The same end for the loggers of libraries; the formatter has rendered the line."""

    def emit(self, record: logging.LogRecord) -> None:
        _writer.put(self.format(record).encode())


def configure_logging(service: str, level: str) -> None:
    """Send structlog and foreign loggers (uvicorn, aiokafka, asyncpg) through the same JSON chain."""
    chain: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
    ]
    end: list[Any] = [structlog.processors.format_exc_info, _without_row_contents, _render]
    structlog.configure(
        processors=[*chain, *end],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=_LineLogger,
        cache_logger_on_first_use=True,
    )
    handler = _LineHandler()
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=chain, processors=[remove_meta, *end, _as_text])
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("aiokafka", "uvicorn.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    _writer.start()


def flush_logs() -> None:
    """Wait until every line is written, but not for long: a process must end although its reader is stuck."""
    _writer.flush(_FLUSH_SECONDS)


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add


def _without_row_contents(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Postgres puts values of rows into DETAIL; they do not belong into logs."""
    exception = event.get("exception")
    if isinstance(exception, str) and "DETAIL:" in exception:
        lines = [line for line in exception.splitlines() if not line.startswith("DETAIL:")]
        event["exception"] = "\n".join(lines)
    return event


def _render(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return msgspec.json.encode(event, enc_hook=str) + b"\n"


def _as_text(_: WrappedLogger, __: str, line: Any) -> str:
    return bytes(line).decode()


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are constant snake_case verb phrases in the past, data in fields."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
