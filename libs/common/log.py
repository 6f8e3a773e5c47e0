"""Structured logs: one JSON line an event on standard output, written by a thread so that a full pipe stalls nobody."""

import logging
import logging.handlers
import queue
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, WrappedLogger

_lines: "queue.Queue[logging.LogRecord]" = queue.Queue(10_000)
_FLUSH_SECONDS = 1.0


class _DroppingQueueHandler(logging.handlers.QueueHandler):
    """Drop a line rather than wait when the reader of standard output is stuck."""

    dropped = 0

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        record.msg = self.format(record)
        record.args = None
        record.exc_info = None
        record.exc_text = None
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            type(self).dropped += 1


def _without_row_contents(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Postgres puts values of rows into DETAIL; they do not belong into logs."""
    exception = event.get("exception")
    if isinstance(exception, str) and "DETAIL:" in exception:
        lines = [line for line in exception.splitlines() if not line.startswith("DETAIL:")]
        event["exception"] = "\n".join(lines)
    return event


def configure_logging(service: str, level: str) -> None:
    """Send structlog and foreign loggers (uvicorn, aiokafka, asyncpg) through the same JSON chain."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_service(service),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _without_row_contents,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
    )
    handler = _DroppingQueueHandler(_lines)
    handler.setFormatter(formatter)
    writer = logging.handlers.QueueListener(_lines, logging.StreamHandler(sys.stdout))
    writer.start()
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("aiokafka", "uvicorn.access", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def flush_logs() -> None:
    """Wait until every line is written, but not for long: a process must end although its reader is stuck."""
    with _lines.all_tasks_done:
        _lines.all_tasks_done.wait_for(lambda: not _lines.unfinished_tasks, _FLUSH_SECONDS)


def _add_service(service: str) -> structlog.typing.Processor:
    def add(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger; events are constant snake_case verb phrases in the past, data in fields."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(name)
    return logger
