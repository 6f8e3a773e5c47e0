"""Who asks for which invoice when: drawn from the seed, most of it close to a fault."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.local.demo.bodies import varied_bodies
from tests.chaos.schedule import Fault

# Of a valid one with its last character changed.
WRONG_CHECK_DIGIT = "91510104MA4000R22B"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One operation of one client. With `is_doubled` two requests go out at once under the same key."""

    at: float
    name: str
    tenant: str
    purpose: str
    body: Mapping[str, Any]
    is_doubled: bool

    @property
    def has_contact(self) -> bool:
        return "deliver" in self.body


def plan_operations(seed: int, invoices: int, schedule: Sequence[Fault]) -> list[Planned]:
    """`invoices` sound ones, and some more that are unsound or only rehearsed, in order of time."""
    chance = random.Random(f"{seed} clients")
    extra = max(2, invoices // 15)
    purposes = ["issue"] * invoices + ["refuse"] * extra + ["rehearse"] * extra
    chance.shuffle(purposes)
    times = _arrivals(chance, len(purposes), schedule)
    bodies = varied_bodies(f"chaos {seed}", len(purposes))
    return [
        _plan(chance, number, purpose, time, body)
        for number, (purpose, time, (_, body)) in enumerate(zip(purposes, times, bodies, strict=True), 1)
    ]


def _arrivals(chance: random.Random, count: int, schedule: Sequence[Fault]) -> list[float]:
    """A third at any time, the others in bursts at the moments when something strikes."""
    last = max(fault.at for fault in schedule)
    return sorted(
        max(0.0, chance.choice(schedule).at + chance.gauss(-0.1, 0.12))
        if chance.random() < 0.67
        else chance.uniform(0.0, last)
        for _ in range(count)
    )


def _plan(chance: random.Random, number: int, purpose: str, at: float, body: dict[str, Any]) -> Planned:
    name = f"c{number:04}"
    body = {**body, "tags": [name], "deliver": {"channels": ["email"], "to": {"email": f"{name}@example.cn"}}}
    body["reference"] = f"C-{number:04}"
    for field, share in (("reference", 0.3), ("deliver", 0.2)):
        if chance.random() < share:
            del body[field]
    if purpose == "refuse":
        body["buyer"] = {**body["buyer"], "tax_id": WRONG_CHECK_DIGIT, "is_individual": False}
    return Planned(
        at=round(at, 3),
        name=name,
        tenant="B" if chance.random() < 0.25 else "A",
        purpose=purpose,
        body=body,
        is_doubled=purpose != "rehearse" and chance.random() < 0.15,
    )
