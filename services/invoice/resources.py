"""What an api process has open; handlers find it in `request.app.state.resources`."""

from dataclasses import dataclass
from datetime import timedelta

from libs.common.db import Pool
from services.invoice.desk import Desk


@dataclass(frozen=True, slots=True)
class Resources:
    pool: Pool
    promise: timedelta
    desk: Desk
