"""The mailbox's settings."""

from typing import Annotated

from msgspec import Meta

from sandbox.serving.settings import Port, Settings


class MailboxSettings(Settings, frozen=True, kw_only=True):
    """SMTP listens on the same host as HTTP."""

    smtp_port: Port
    # How late the answer to a message for `slow@…` comes.
    mailbox_slow_millis: Annotated[int, Meta(ge=0, le=600_000)] = 5_000
