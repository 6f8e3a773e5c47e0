"""One run: stack, tenants, clients and faults together, drain, check, table."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.chaos.checker.addresses import Addresses
from tests.chaos.checker.finding import Finding
from tests.chaos.checker.gather import gather
from tests.chaos.checker.tables import read_leftovers
from tests.chaos.checker.verdict import broken, draw_table, judge
from tests.chaos.clients import Clients
from tests.chaos.defects import DEFECTS
from tests.chaos.ground import Ground, prepared_ground
from tests.chaos.history import History
from tests.chaos.plan import Planned, plan_operations
from tests.chaos.schedule import Fault, aim_schedule, draw_schedule
from tests.chaos.strikes import Striker
from tests.chaos.tree import describe_commit

POLL_SECONDS = 0.5
# After the last fault: how long clients go on, and how long the drain is watched though it is already too late.
CLIENT_SECONDS = 30.0
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is run. An empty `defect` is the product as it is."""

    seed: int
    invoices: int = 300
    faults: int = 24
    defect: str = ""
    longest_freeze: float = 10.0


async def run(options: Options, folder: Path) -> list[Finding]:
    """The findings; everything that was started has ended."""
    commit = describe_commit()
    print(f"seed {options.seed}  commit {commit}  {folder}", flush=True)
    schedule = make_schedule(options)
    operations = plan_operations(options.seed, options.invoices, schedule)
    history = History(folder / "history.jsonl")
    history.write("run", seed=options.seed, commit=commit, defect=options.defect)
    async with prepared_ground(folder / "tree", options.defect) as ground:
        began = time.monotonic()
        await ground.up()
        addresses = await ground.make_tenants()
        print(f"The stack is up after {time.monotonic() - began:.0f} s; {_describe(operations, schedule)}.")
        await _storm(ground, addresses, history, operations, schedule)
        evidence = await gather(addresses, history.path)
    history.close()
    findings = judge(evidence)
    print(draw_table(findings))
    print(_verdict(options, findings), flush=True)
    return findings


def make_schedule(options: Options) -> list[Fault]:
    """A defect may have its own, aimed at where it shows."""
    defect = DEFECTS.get(options.defect)
    if defect and defect.blows:
        return aim_schedule(options.seed, options.faults, defect.blows, gap=defect.gap)
    return draw_schedule(options.seed, options.faults, longest_freeze=options.longest_freeze)


async def _storm(
    ground: Ground,
    addresses: Addresses,
    history: History,
    operations: Sequence[Planned],
    schedule: Sequence[Fault],
) -> None:
    """Clients and faults at the same time, then the wait until everything has settled."""
    keys = {tenant.letter: tenant.api_key for tenant in addresses.tenants}
    clients = Clients(addresses.gateway, keys, history)
    striker = Striker(ground, addresses.bureau, history)
    issuing = asyncio.create_task(clients.run(operations))
    await striker.carry_out(schedule)
    await asyncio.wait([issuing], timeout=striker.last_at + CLIENT_SECONDS - time.time())
    clients.give_up()
    await issuing
    print(f"The faults are over: {_tell(clients.counts)}. Waiting for the system to drain …", flush=True)
    seconds = await _wait_for_drain(addresses, striker.last_at)
    if seconds is not None:
        history.write("drained", seconds=seconds)


async def _wait_for_drain(addresses: Addresses, since: float) -> float | None:
    """Seconds from the last fault until nothing was waiting anywhere; None if that never came."""
    left: dict[str, int] = {}
    while time.time() - since < PATIENCE_SECONDS:
        with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            left = await read_leftovers(addresses)
            if not left:
                return time.time() - since
        await asyncio.sleep(POLL_SECONDS)
    print(f"  still waiting after {PATIENCE_SECONDS:.0f} s: {left}")
    return None


def _describe(operations: Sequence[Planned], schedule: Sequence[Fault]) -> str:
    purposes = Counter(operation.purpose for operation in operations)
    kinds = Counter(fault.kind for fault in schedule)
    asked = f"{purposes['issue']} invoices, {purposes['refuse']} unsound and {purposes['rehearse']} rehearsed"
    struck = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in sorted(kinds.items()))
    return f"{asked} ones, {struck}"


def _tell(counts: Counter[str]) -> str:
    return ", ".join(
        f"{counts[kind]} {name}"
        for kind, name in (
            ("begun", "operations"),
            ("ok", "accepted"),
            ("fail", "refused"),
            ("info", "unknown"),
            ("repeated", "repeats of unknown outcomes"),
        )
    )


def _verdict(options: Options, findings: Sequence[Finding]) -> str:
    failed = len(broken(findings))
    if options.defect:
        caught = f"caught by {failed} requirements" if failed else "NOT caught"
        return f"Defect {options.defect}: {caught} (seed {options.seed})."
    return f"{failed or 'No'} requirement{'' if failed == 1 else 's'} broken (seed {options.seed})."
