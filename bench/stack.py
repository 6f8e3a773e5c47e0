"""The stack that is measured: one of the bench's own beside a running demo, or the demo's."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from deploy.local.broker import copy_jars
from deploy.local.demo.tenants import Account, make_accounts
from deploy.local.launch import find_running
from deploy.local.ports import find_conflicts
from deploy.local.postgres import superuser_url
from deploy.local.preparation import checkpoint, prepare
from deploy.local.process import Process
from deploy.local.processes import make_processes
from deploy.local.running import Running
from deploy.local.stack import ROOT, Stack, load_stack
from deploy.local.supervisor import in_steps

LOCAL = ROOT / ".local" / "bench"
# Steps that as programs would prepare the demo's stack.
STEPS = {"prepare": prepare, "checkpoint": checkpoint}
PORTS = {"OFP_PORT_BASE": "28000", "OFP_GATEWAY_PORT": "28080"}


@dataclass(frozen=True)
class Target:
    """A stack that is up, with two tenants that can issue; `pids` by process name."""

    stack: Stack
    account: Account
    neighbour: Account
    pids: Mapping[str, int]

    @property
    def port(self) -> int:
        return self.stack.port("OFP_GATEWAY_PORT")

    def database(self, service: str) -> str:
        """The superuser's address of a service's database, for reading only."""
        port = self.stack.port("OFP_POSTGRES_PORT")
        return superuser_url(port, self.stack.credentials.get("postgres"), f"ofp_{service}")


@asynccontextmanager
async def demo_stack() -> AsyncIterator[Target]:
    """The demo's, as `make up` left it."""
    stack = load_stack()
    names = [process.name for process in make_processes(stack) if not process.is_once]
    found = {name: at[0] for name in names if (at := find_running(stack, name)) is not None}
    if missing := sorted(set(names) - set(found)):
        raise SystemExit(f"Not running: {', '.join(missing)} (make up)")
    yield await _with_account(stack, found)


@asynccontextmanager
async def own_stack(formats: str | None = None) -> AsyncIterator[Target]:
    """An empty one under `.local/bench`, on ports of its own; its processes end with the block.

    Without `formats` it makes the usual documents.
    """
    shutil.rmtree(LOCAL, ignore_errors=True)
    jars = ROOT / ".local" / "kafka" / "jars"
    copy_jars(jars)
    for folder in ("log", "run", "kafka"):
        (LOCAL / folder).mkdir(parents=True)
    (LOCAL / "kafka" / "jars").symlink_to(jars)
    chosen = {"OFP_RENDER_FORMATS": formats} if formats else {}
    stack = Stack(LOCAL, {**PORTS, **os.environ, **chosen})
    processes = make_processes(stack)
    if conflicts := find_conflicts(processes):
        raise SystemExit("\n".join(conflicts))
    started: list[Running] = []
    try:
        for step in in_steps(processes):
            await asyncio.gather(*(_start(stack, process, started) for process in step))
        yield await _with_account(stack, {each.process.name: each.pid for each in started})
    finally:
        for step in reversed(in_steps(processes)):
            await asyncio.gather(*(each.stop() for each in started if each.process in step))


async def _start(stack: Stack, process: Process, started: list[Running]) -> None:
    log = stack.log / f"{process.name}.jsonl"
    if process.name in STEPS:
        await STEPS[process.name](stack)
    elif process.is_once:
        await _run_once(process, log)
    else:
        running = Running(process, log)
        started.append(running)
        await running.start()


async def _run_once(process: Process, log: os.PathLike[str]) -> None:
    environment = {"PATH": os.environ["PATH"], **process.environment}
    with open(log, "ab") as output:  # noqa: ASYNC230 - a short wait
        child = await asyncio.create_subprocess_exec(
            *process.command, cwd=process.directory, env=environment, stdout=output, stderr=output
        )
    if await child.wait() != 0:
        raise SystemExit(f"{process.name} failed; see {log}")


async def _with_account(stack: Stack, pids: Mapping[str, int]) -> Target:
    url = f"http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')}"
    accounts = await asyncio.to_thread(make_accounts, stack, url)
    return Target(stack, accounts["A"], accounts["B"], pids)
