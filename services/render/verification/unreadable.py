"""Why a file is none of the formats that it claims to be."""


class Unreadable(Exception):  # noqa: N818 - raised inside the jail, answered as FileUnreadable
    """Both languages, for the one who sent the file."""

    def __init__(self, reason: str, reason_zh: str) -> None:
        self.reason = reason
        self.reason_zh = reason_zh
        super().__init__(reason)
