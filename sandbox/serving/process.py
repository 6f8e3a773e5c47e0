"""Run one aiohttp application until SIGTERM or SIGINT."""

import asyncio
import signal

import structlog
import uvloop
from aiohttp import web

from sandbox.serving.log import configure_logging
from sandbox.serving.settings import Settings

LOG = structlog.get_logger("sandbox.process")


def run(app: web.Application, settings: Settings) -> None:
    """Blocks. A request that is being held back on purpose ends when its client leaves or the process stops."""
    configure_logging(settings.log_level)
    uvloop.run(serve(app, settings))


async def serve(app: web.Application, settings: Settings) -> None:
    """Serve until a signal comes."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, settings.http_host, settings.http_port).start()
        LOG.info("process_started", host=settings.http_host, port=settings.http_port)
        await stopped.wait()
    finally:
        await runner.cleanup()
        LOG.info("process_stopped")
