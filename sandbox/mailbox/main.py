"""Composition root of the sandbox mailbox."""

from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from sandbox.mailbox import api
from sandbox.mailbox.settings import MailboxSettings
from sandbox.mailbox.smtp import Receiver, start_smtp
from sandbox.serving.application import DATABASE, make_application
from sandbox.serving.database import Database
from sandbox.serving.process import run
from sandbox.serving.settings import read_settings

SCHEMA = Path(__file__).with_name("schema.sql")
SETTINGS = web.AppKey("SETTINGS", MailboxSettings)
LARGEST_BODY = 64 * 1024


def main() -> None:
    """Serve until a signal comes."""
    settings = read_settings(MailboxSettings)
    run(create_app(settings), settings)


def create_app(settings: MailboxSettings) -> web.Application:
    """SMTP in, HTTP out, one store."""
    database = Database(settings.data_path / "mailbox.sqlite3", SCHEMA.read_text("utf-8"))
    app = make_application(database, largest_body=LARGEST_BODY)
    app[SETTINGS] = settings
    app.router.add_routes(api.ROUTES)
    app.cleanup_ctx.append(serve_smtp)
    return app


async def serve_smtp(app: web.Application) -> AsyncIterator[None]:
    """Listens as long as the application runs."""
    settings = app[SETTINGS]
    receiver = Receiver(app[DATABASE], slow_millis=settings.mailbox_slow_millis)
    server = await start_smtp(receiver, settings.http_host, settings.smtp_port)
    yield
    server.close()
