"""One invoice of the demo, from its POST to its mail."""

import time
from dataclasses import dataclass, field
from typing import Any

from deploy.local.demo.client import Client


@dataclass
class Issued:
    """Seconds count from the POST, None until it has happened."""

    name: str
    email: str
    client: Client
    body: dict[str, Any]
    started: float = 0.0
    invoice: dict[str, Any] = field(default_factory=dict)
    seconds_to_201: float | None = None
    seconds_to_documents: float | None = None
    seconds_to_view: float | None = None
    seconds_to_mail: float | None = None

    def post(self) -> "Issued":
        self.started = time.monotonic()
        self.invoice = self.client.post("/v1/invoices", self.body).expect(201)
        self.seconds_to_201 = self.elapsed()
        return self

    def elapsed(self) -> float:
        return time.monotonic() - self.started

    @property
    def is_complete(self) -> bool:
        return None not in (self.seconds_to_documents, self.seconds_to_view, self.seconds_to_mail)
