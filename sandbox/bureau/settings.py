"""The bureau's settings: the common ones and its tempo."""

from typing import Annotated

from msgspec import Meta

from sandbox.serving.settings import Settings

Millis = Annotated[int, Meta(ge=0, le=600_000)]


class BureauSettings(Settings, frozen=True, kw_only=True):
    """Times in milliseconds."""

    # How long an invoice stays pending on the channel where the bureau assigns the number.
    bureau_issue_delay_millis: Millis = 300
    # How late a `slow` answer comes.
    bureau_slow_millis: Millis = 5_000
    # How long a `timeout_after_accept` call is held before its connection is closed, unless the client leaves.
    bureau_hold_millis: Millis = 120_000
    # Where the mode `unsolicited_callback` posts to; empty: nowhere.
    bureau_callback_url: str = ""
