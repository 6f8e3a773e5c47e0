"""A bulk job on the whole stack whose process is killed again and again: every row exactly once, to the very end."""

import json
import urllib.request
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import psutil
import pytest

from tests.e2e.test_whole_path import BODY
from tests.helpers.sandbox_programs import wait_until
from tests.helpers.stack import RunningStack

pytestmark = [pytest.mark.stack]

ROWS, KILLS = 2000, 3


def test_killed_job_process_neither_loses_nor_doubles_a_row(stack: RunningStack) -> None:
    name = uuid4().hex[:8]
    client = stack.accounts["A"].client
    job = _submit(stack, [BODY | {"reference": f"{name}-{row}"} for row in range(1, ROWS + 1)])
    path = f"/v1/invoice-jobs/{job['id']}"

    def has_done(rows: int) -> bool:
        return bool(client.get(path).expect(200)["succeeded"] >= rows)

    killed = set()
    for kill in range(1, KILLS + 1):
        wait_until(partial(has_done, kill * ROWS // (KILLS + 2)), timeout_seconds=90)
        killed |= {process.pid for process in _kill_job_process(stack)}
    assert len(killed) == KILLS
    wait_until(lambda: client.get(path).expect(200)["status"] == "finished", timeout_seconds=120)
    job = client.get(path).expect(200)
    assert (job["succeeded"], job["failed"]) == (ROWS, 0)

    rows = _list(stack, f"{path}/rows?limit=200")
    assert [row["reference"] for row in rows] == [f"{name}-{row}" for row in range(1, ROWS + 1)]
    assert len({row["number"] for row in rows}) == len({row["invoice_id"] for row in rows}) == ROWS
    last = f"/v1/invoices/{rows[-1]['invoice_id']}"
    wait_until(
        lambda: (
            client.get(f"{last}?wait=confirmed&timeout=30").expect(200)["authority"]["state"] == "confirmed"
        ),
        timeout_seconds=120,
    )
    wait_until(lambda: client.get(f"{last}/documents/pdf").status == 200, timeout_seconds=120)


def _submit(stack: RunningStack, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {stack.accounts['A'].api_key}",
        "Content-Type": "application/x-ndjson",
        "Idempotency-Key": uuid4().hex,
    }
    content = "\n".join(json.dumps(body, ensure_ascii=False) for body in bodies).encode()
    request = urllib.request.Request(f"{stack.url}/v1/invoice-jobs", content, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the local gateway
        assert answer.status == 202
        job: dict[str, Any] = json.loads(answer.read())
        return job


def _kill_job_process(stack: RunningStack) -> list[psutil.Process]:
    """Waits for the one that the worker has begun anew."""
    worker = psutil.Process(int((stack.stack.run / "invoice-worker-1.pid").read_text()))
    found: list[psutil.Process] = wait_until(lambda: _job_processes(worker))
    for process in found:
        process.kill()
        process.wait(10)
    return found


def _job_processes(worker: psutil.Process) -> list[psutil.Process]:
    found = []
    for process in worker.children():
        with suppress(psutil.Error):
            if "services.invoice.job_process" in process.cmdline():
                found.append(process)
    return found


def _list(stack: RunningStack, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    page = {"next_cursor": ""}
    while page["next_cursor"] is not None:
        page = (
            stack.accounts["A"]
            .client.get(f"{path}&cursor={page['next_cursor']}".removesuffix("&cursor="))
            .expect(200)
        )
        items += page["items"]
    return items
