"""Open-loop clients: an operation begins at its time whatever became of others, and is repeated until definite."""

import asyncio
import hashlib
import json
import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any
from uuid import uuid4

import aiohttp

from tests.chaos.history import History
from tests.chaos.plan import Planned

TIMEOUT = aiohttp.ClientTimeout(total=6.0)
PAUSE_SECONDS = (0.2, 1.0)
# Not yet an answer: another request under this key is at work, or too many are.
UNDECIDED = {"request-in-flight", "rate-limited"}


class Clients:
    """`counts` says how operations stand, for those who watch."""

    def __init__(self, gateway: str, keys: Mapping[str, str], history: History) -> None:
        """`keys`: the API key of each tenant."""
        self._url = f"{gateway}/v1/invoices"
        self._keys = keys
        self._history = history
        self._is_over = asyncio.Event()
        self.counts: Counter[str] = Counter()

    async def run(self, operations: Sequence[Planned]) -> None:
        """Until every operation has a definite end, or `give_up`."""
        began = time.monotonic()
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, connector=connector) as http,
            asyncio.TaskGroup() as group,
        ):
            for operation in operations:
                await asyncio.sleep(max(0.0, began + operation.at - time.monotonic()))
                group.create_task(self._carry_out(http, operation))

    def give_up(self) -> None:
        """What has no definite end now stays unknown."""
        self._is_over.set()

    async def _carry_out(self, http: aiohttp.ClientSession, operation: Planned) -> None:
        key, attempts = str(uuid4()), count(1)
        runs = 2 if operation.is_doubled else 1
        self.counts["begun"] += 1
        ends = await asyncio.gather(*(self._repeat(http, operation, key, attempts) for _ in range(runs)))
        self.counts[ends[0]] += 1

    async def _repeat(
        self, http: aiohttp.ClientSession, operation: Planned, key: str, attempts: "count[int]"
    ) -> str:
        """The same request under the same key until its outcome is known."""
        while True:
            attempt = next(attempts)
            call = {"operation": operation.name, "attempt": attempt}
            self._history.write(
                "invoke",
                **call,
                tenant=operation.tenant,
                purpose=operation.purpose,
                has_contact=operation.has_contact,
                key=key,
            )
            kind, fields = await self._call(http, operation, key)
            self._history.write(kind, **call, **fields)
            if kind != "info" or self._is_over.is_set():
                return kind
            self.counts["repeated"] += 1
            await asyncio.sleep(random.uniform(*PAUSE_SECONDS))

    async def _call(
        self, http: aiohttp.ClientSession, operation: Planned, key: str
    ) -> tuple[str, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._keys[operation.tenant]}", "Idempotency-Key": key}
        query = {"dry_run": "true"} if operation.purpose == "rehearse" else {}
        try:
            async with http.post(self._url, json=operation.body, headers=headers, params=query) as response:
                content = await response.read()
                return judge_answer(response.status, content)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return "info", {"reason": repr(error)[:200]}


def judge_answer(status: int, content: bytes) -> tuple[str, dict[str, Any]]:
    """The kind of the history's line, and what is kept of the answer."""
    try:
        answer = json.loads(content)
    except ValueError:
        answer = {}
    if status in {200, 201}:
        digest = hashlib.sha256(content).hexdigest()
        kept = {"invoice_id": answer.get("id"), "number": answer.get("number"), "digest": digest}
        return "ok", {"status": status, **kept}
    code = str(answer.get("code", ""))
    is_definite = 400 <= status < 500 and code not in UNDECIDED
    return "fail" if is_definite else "info", {"status": status, "code": code}
