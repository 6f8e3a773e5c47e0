"""Which failed sign-ins the audit trail tells of: the first ones of an hour each, then only that they go on."""

from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

HOUR = timedelta(hours=1)
# More than the wrong passwords that lock a name; no guesser is in doubt.
TOLD_EACH = 10
# What one customer of a provider is given at most.
_NETWORK_BITS = 48


def is_told(failures: int) -> bool:
    """Whether the latest of so many is told: up to ten each, later each time that there are twice as many."""
    return failures <= TOLD_EACH or failures & (failures - 1) == 0


def source_of(address: str) -> str:
    """Whose addresses these are: of IPv6 the whole network, since one stranger has all of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    network = int(parsed) >> (128 - _NETWORK_BITS) << (128 - _NETWORK_BITS)
    return f"{IPv6Address(network)}/{_NETWORK_BITS}"


def hour_of(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)
