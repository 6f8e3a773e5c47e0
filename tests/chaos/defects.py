"""Defects planted on purpose, each a patch of the product, that the checker must notice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.chaos.schedule import Blow


@dataclass(frozen=True)
class Defect:
    """What was spoilt. Without `blows` the ordinary schedule strikes; `gap` is the time between two series of them."""

    says: str
    blows: Sequence[Blow] = ()
    gap: tuple[float, float] = (4.0, 6.0)


DEFECTS: Mapping[str, Defect] = {}
