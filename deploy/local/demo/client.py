"""A small client of the public API, with the standard library alone."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CALL_SECONDS = 60
"""Longer than the 30 s that a call may `wait`."""


@dataclass(frozen=True)
class Answer:
    status: int
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    def expect(self, status: int) -> Any:
        """The JSON of an answer with this status; ends the demo with the problem otherwise."""
        if self.status != status:
            raise SystemExit(f"Expected {status}, got {self.status}: {self.content.decode()[:2000]}")
        return self.json


class Client:
    """Calls with one API key; a fresh Idempotency-Key for every POST."""

    def __init__(self, url: str, api_key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {api_key}"}

    def get(self, path: str) -> Answer:
        return self._call(urllib.request.Request(self._url + path, headers=self._headers))  # noqa: S310

    def post(self, path: str, body: Any) -> Answer:
        headers = {
            **self._headers,
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        content = json.dumps(body, ensure_ascii=False).encode()
        return self._call(urllib.request.Request(self._url + path, content, headers))  # noqa: S310

    def _call(self, request: urllib.request.Request) -> Answer:
        try:
            with urllib.request.urlopen(request, timeout=CALL_SECONDS) as response:  # noqa: S310 - the local gateway
                return Answer(response.status, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.read())
        except OSError:
            return Answer(0, b"")

    def wait_until(self, what: str, condition: Callable[[], bool], *, seconds: float = 60) -> None:
        """Poll; ends the demo when it takes too long."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"Waited {seconds:.0f} s in vain until {what}; see make status and make logs."
                )
            time.sleep(0.1)
