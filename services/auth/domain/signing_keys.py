"""Which signing keys exist when: one signs, one waits in public, and those that signed last are still published."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

ROTATION = timedelta(days=30)
# Published so long before its first use that every cache of the key set has seen it.
PUBLISH_LEAD = timedelta(minutes=5)
# Kept so long after its last use that no token signed with it can still be valid.
RETIRE_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """`id` is the public key's thumbprint (RFC 7638); the private part is sealed; it signs from `active_from`."""

    id: str
    sealed_private_key: bytes
    active_from: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Keys to make, by the time from which they sign, and ids of keys to discard."""

    activations: tuple[datetime, ...]
    discarded: tuple[str, ...]


def signing_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The key that signs at `now`: the one activated last."""
    active = [key for key in keys if key.active_from <= now]
    return max(active, key=lambda key: key.active_from) if active else None


def next_key(keys: Sequence[SigningKey], now: datetime) -> SigningKey | None:
    """The key that is published but does not sign yet."""
    return next((key for key in keys if key.active_from > now), None)


def upkeep(keys: Sequence[SigningKey], now: datetime) -> Upkeep:
    """What keeps one signing and one next key, and lets old ones go."""
    current = signing_key(keys, now)
    activations = [] if current else [now]
    if next_key(keys, now) is None:
        start = current.active_from if current else now
        activations.append(max(start + ROTATION, now + PUBLISH_LEAD))
    is_over = current is not None and current.active_from + RETIRE_AFTER <= now
    discarded = (
        [key.id for key in keys if current and key.active_from < current.active_from] if is_over else []
    )
    return Upkeep(tuple(activations), tuple(discarded))


def brought_forward(key: SigningKey, now: datetime) -> SigningKey:
    """The next key set to sign as soon as every cache has had time to see it."""
    return replace(key, active_from=min(key.active_from, max(now, key.created_at + PUBLISH_LEAD)))
