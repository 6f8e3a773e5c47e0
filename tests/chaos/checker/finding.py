"""What one requirement came to."""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True)
class Finding:
    """`checked` counts what was looked at; one line a violation."""

    requirement: str
    checked: int
    violations: tuple[str, ...]
    note: str = ""


def repeated(items: Iterable[K]) -> list[K]:
    """Those that occur more than once."""
    return [item for item, count in Counter(items).items() if count > 1]
