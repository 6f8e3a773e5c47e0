"""Which faults strike when: drawn from one seed, so that a run can be had again."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

# In order of importance: a short schedule takes the first ones, a long one all.
KILLS = (
    *("postgres", "kafka", "s3", "bureau", "invoice-worker-1", "render-worker-1", "notify-worker-1"),
    *("invoice-api-1", "invoice-api-2", "auth-worker-1", "support-worker-1", "auth-api-1", "render-api-1"),
    *("notify-api-1", "support-api-1", "mailbox", "gateway"),
)
FREEZES = ("kafka", "invoice-worker-1", "s3", "invoice-api-1", "notify-worker-1", "render-worker-1", "bureau")
BAD_DAYS = ("timeout_after_accept", "down", "slow", "duplicate")
GAP_SECONDS = (2.0, 4.0)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """`kind`: kill, freeze (for `seconds`) or bad day (`count` calls of the bureau go wrong as `target` says)."""

    kind: str
    target: str
    at: float = 0.0
    seconds: float = 0.0
    count: int = 0


@dataclass(frozen=True)
class Blow:
    """Part of an aimed fault: what is killed, how long after the part before."""

    target: str
    after: float = 0.0


def draw_schedule(seed: int, count: int, *, longest_freeze: float = 10.0) -> list[Fault]:
    """Two thirds kills, the rest freezes and bad days of the bureau, in random order."""
    chance = random.Random(f"{seed} faults")
    freezes = max(1, count // 5)
    bad_days = max(1, count // 12)
    kills = _take(chance, KILLS, count - freezes - bad_days)
    drawn = [
        *(Fault(kind="kill", target=target) for target in kills),
        *(
            Fault(kind="freeze", target=target, seconds=round(chance.uniform(1.0, longest_freeze), 1))
            for target in _take(chance, FREEZES, freezes)
        ),
        *(
            Fault(kind="bad day", target=target, count=chance.randrange(2, 5))
            for target in _take(chance, BAD_DAYS, bad_days)
        ),
    ]
    chance.shuffle(drawn)
    return _spread(chance, drawn)


def aim_schedule(seed: int, count: int, blows: Sequence[Blow], *, gap: tuple[float, float]) -> list[Fault]:
    """The same few blows again and again: for a defect that seldom shows otherwise."""
    chance = random.Random(f"{seed} faults")
    schedule: list[Fault] = []
    at = 2.0
    for _ in range(max(1, count // len(blows))):
        for blow in blows:
            at += blow.after
            schedule.append(Fault(at=round(at, 2), kind="kill", target=blow.target))
        at += chance.uniform(*gap)
    return schedule


def _take(chance: random.Random, targets: Sequence[str], count: int) -> list[str]:
    """The first `count`; once all are used, any."""
    return [*targets[:count], *(chance.choice(targets) for _ in range(count - len(targets)))]


def _spread(chance: random.Random, drawn: Sequence[Fault]) -> list[Fault]:
    at = 1.0
    spread = []
    for fault in drawn:
        at += chance.uniform(*GAP_SECONDS)
        spread.append(replace(fault, at=round(at, 2)))
    return spread
