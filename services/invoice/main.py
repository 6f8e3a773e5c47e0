"""Composition root of invoice: opens what the processes need and wires it together."""

from datetime import timedelta
from functools import partial
from pathlib import Path

import aiohttp
from fastapi import FastAPI

from libs.common.app import build_api, create_app
from libs.common.db import Pool, transaction
from libs.common.health import service_health
from libs.common.loops import Loop
from libs.common.process import make_service_consumer, open_authenticator, open_relay, open_service_pool
from libs.common.server import run_worker as run_loops
from libs.common.server import serve_api
from services.invoice.api import (
    accounts,
    authority_callbacks,
    buyers,
    export_checks,
    export_schedules,
    exports,
    finding,
    history,
    invoice_checks,
    invoices,
    job_files,
    jobs,
    marks,
    red_forms,
    resubmissions,
    rule_packs,
    timeline_links,
    voids,
)
from services.invoice.authority.callbacks import CallbackWorker
from services.invoice.authority.day_checker import DayChecker
from services.invoice.authority.red_form_lists import RedFormLists
from services.invoice.authority.red_form_worker import RedFormWorker
from services.invoice.authority.red_forms import RedFormConnector
from services.invoice.authority.supply import SupplyWorker
from services.invoice.authority.void_worker import VoidWorker
from services.invoice.authority.voids import VoidConnector
from services.invoice.authority.watch import AuthorityWatcher
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.commands.record_history import chain_history
from services.invoice.commands.reissue_invoice import Reissuing
from services.invoice.consumers import HANDLERS, TOPICS
from services.invoice.data.rule_packs import current_rules
from services.invoice.desk import Desk
from services.invoice.exports.desk import open_export_desk
from services.invoice.exports.loops import open_export_loops
from services.invoice.job_intake import MOST_BYTES
from services.invoice.job_process import open_job_process
from services.invoice.job_pruning import prune_jobs
from services.invoice.reconciler import Reconciler
from services.invoice.resources import Resources
from services.invoice.settings import InvoiceSettings

NAME = "invoice"
MIGRATIONS = Path(__file__).parent / "migrations"

BODY_LIMITS = {"/v1/invoice-jobs": MOST_BYTES, authority_callbacks.PATH: authority_callbacks.MOST_BYTES}

__all__ = ["BODY_LIMITS", "HANDLERS", "MIGRATIONS", "NAME", "build", "load_settings", "run_api", "run_worker"]

# Several rounds with the authority may be under way, so that a slow seller does not hold up the others.
AUTHORITY_LOOPS = 3


def load_settings() -> InvoiceSettings:
    """From the environment; raises ValidationError naming what is missing."""
    return InvoiceSettings()


def build() -> FastAPI:
    """The application without its resources; also the source of the OpenAPI document."""
    return build_api(
        "OpenFapiao invoice",
        [
            marks.router,
            marks.tag_router,
            finding.router,
            history.router,
            timeline_links.router,
            timeline_links.link_router,
            invoices.router,
            resubmissions.router,
            voids.router,
            accounts.router,
            job_files.router,
            jobs.router,
            exports.router,
            export_schedules.router,
            export_checks.router,
            rule_packs.router,
            buyers.router,
            invoice_checks.router,
            red_forms.router,
            authority_callbacks.router,
        ],
    )


async def run_api(settings: InvoiceSettings) -> None:
    """Serve until a signal."""
    async with (
        open_service_pool(settings, "invoice-api") as pool,
        open_authenticator(pool, settings) as authenticator,
    ):
        resources = Resources(
            pool,
            timedelta(seconds=settings.promise_seconds),
            Desk(pool),
            open_export_desk(settings),
            settings.public_url,
        )
        app = create_app(build(), settings, authenticator, resources=resources, body_limits=BODY_LIMITS)
        await serve_api(app, settings, service_health(pool, MIGRATIONS))


async def run_worker(settings: InvoiceSettings) -> None:
    """Relay, consumer and the loops with the authority, until a signal."""
    async with (
        open_service_pool(settings, "invoice-worker") as pool,
        open_relay(pool, settings, NAME) as loops,
        open_export_loops(pool, settings) as export_loops,
        open_job_process() as job_loop,
        aiohttp.ClientSession() as http,
    ):
        bureau = RedFormConnector(http, settings.bureau_url, settings.authority_timeout_seconds)
        worker = AuthorityWorker(pool, bureau, settings, current_rules)
        loops += [
            Loop(f"authority-{number}", worker.settle, idle_seconds=0.5)
            for number in range(1, AUTHORITY_LOOPS + 1)
        ]
        supply = SupplyWorker(pool, bureau, settings)
        loops.append(Loop("numbers", supply.stock_numbers, idle_seconds=0.5))
        loops.append(Loop("quota", supply.learn_quotas, idle_seconds=2.0))
        watcher = AuthorityWatcher(pool)
        loops.append(Loop("overdue", watcher.announce_overdue, idle_seconds=5.0))
        loops.append(Loop("authority-figures", watcher.measure, idle_seconds=10.0))
        loops.append(Loop("day-checks", DayChecker(pool, bureau).step, idle_seconds=5.0))
        loops.append(Loop("history", partial(_chain_history, pool), idle_seconds=1.0))
        reconciler = Reconciler(pool, formats=settings.render_formats)
        loops.append(Loop("reconciliation", reconciler.step, idle_seconds=5.0))
        reissuing = Reissuing(current_rules, timedelta(seconds=settings.promise_seconds))
        red_form_worker = RedFormWorker(pool, bureau, settings, reissuing)
        loops.append(Loop("red-forms", red_form_worker.step, idle_seconds=0.2))
        loops.append(Loop("callbacks", CallbackWorker(pool).step, idle_seconds=0.2))
        loops.append(Loop("red-form-list", RedFormLists(pool, bureau, settings).step, idle_seconds=1.0))
        void_connector = VoidConnector(http, settings.bureau_url, settings.authority_timeout_seconds)
        loops.append(Loop("voids", VoidWorker(pool, void_connector, settings).step, idle_seconds=0.2))
        loops.append(job_loop)
        pruning = partial(prune_jobs, pool, timedelta(days=settings.job_days))
        loops.append(Loop("jobs-pruning", pruning, idle_seconds=600.0))
        loops.extend(export_loops)
        consumer = make_service_consumer(pool, settings, NAME, TOPICS, HANDLERS)
        await run_loops(settings, service_health(pool, MIGRATIONS), loops=loops, consumer=consumer)


async def _chain_history(pool: Pool) -> bool:
    """A round of the history's chains."""
    async with transaction(pool) as tx:
        return await chain_history(tx)
