"""Composition root of the sandbox bureau."""

from pathlib import Path

from aiohttp import web

from sandbox.bureau import api, control, inquiries, red_form_api, summaries, void_api
from sandbox.bureau.courier import COURIER, Courier
from sandbox.bureau.settings import BureauSettings
from sandbox.serving.application import make_application
from sandbox.serving.database import Database
from sandbox.serving.process import run
from sandbox.serving.settings import read_settings

SCHEMA = Path(__file__).with_name("schema.sql")
LARGEST_BODY = 32 * 1024 * 1024


def main() -> None:
    """Serve until a signal comes."""
    settings = read_settings(BureauSettings)
    run(create_app(settings), settings)


def create_app(settings: BureauSettings) -> web.Application:
    """The authority port, the control port and the common routes on one store."""
    database = Database(settings.data_path / "bureau.sqlite3", SCHEMA.read_text("utf-8"))
    app = make_application(database, largest_body=LARGEST_BODY)
    app[api.SETTINGS] = settings
    app[COURIER] = Courier(settings.bureau_callback_url)
    app.cleanup_ctx.append(app[COURIER].work)
    routes = (
        api.ROUTES,
        control.ROUTES,
        red_form_api.ROUTES,
        inquiries.ROUTES,
        void_api.ROUTES,
        summaries.ROUTES,
    )
    app.router.add_routes([route for each in routes for route in each])
    return app
