"""Looks into the sandbox mailbox."""

import json
import urllib.request


class Mailbox:
    """Reads on from where it stopped; remembers who has got something."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._cursor = ""
        self._recipients: set[str] = set()

    def new_recipients(self) -> set[str]:
        """Everybody who has got mail so far."""
        while True:
            address = f"{self._url}/messages?channel=email&limit=200{self._cursor}"
            with urllib.request.urlopen(address, timeout=10) as response:  # noqa: S310 - the local sandbox
                page = json.loads(response.read())
            self._recipients |= {item["to"] for item in page["items"]}
            if not page.get("next_cursor") or not page["items"]:
                return self._recipients
            self._cursor = f"&cursor={page['next_cursor']}"
