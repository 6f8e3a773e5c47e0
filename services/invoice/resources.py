"""What an api process has open; handlers find it in `request.app.state.resources`."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from libs.common.db import Pool
from services.invoice.desk import Desk
from services.invoice.exports.desk import ExportDesk


@dataclass(frozen=True, slots=True)
class Resources:
    pool: Pool
    promise: timedelta
    desk: Desk
    exports: ExportDesk
    public_url: str = "http://127.0.0.1:8080"
    # Tables whose headings are read at the same time, each by a process of its own.
    tables: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))
