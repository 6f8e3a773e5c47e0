"""Pieces of one round that go on at the same time and do not harm each other."""

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any, TypeVar

from libs.common.log import get_logger

log = get_logger(__name__)

T = TypeVar("T")


async def together(pieces: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """Each to its end, whatever befalls another; then the first failure is raised, and every further one is logged."""
    outcomes = await asyncio.gather(*pieces, return_exceptions=True)
    results = [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for failure in failures[1:]:
        log.error("piece_of_round_failed", exc_info=failure)
    if failures:
        raise failures[0]
    return results
