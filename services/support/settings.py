"""Settings of support."""

from pydantic import Field

from libs.common.settings import Settings


class SupportSettings(Settings):
    """Only the worker uses these."""

    # How long after its promise an invoice is late enough for a ticket.
    promise_grace_seconds: int = Field(default=5, ge=0, le=600)


def load_settings() -> SupportSettings:
    """Read the environment; fails naming what is missing."""
    return SupportSettings()
