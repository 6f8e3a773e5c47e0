"""Argon2id in threads of its own: a storm of sign-ins waits in a short queue or is refused, and stalls nobody else."""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.auth.errors import SignInBusy
from services.auth.metrics import PASSWORDS_IN_HAND
from services.auth.secret_keys import new_secret

T = TypeVar("T")

_NICENESS = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """`rehashed` is there when the password is right and was hashed with weaker parameters than today's."""

    is_right: bool
    rehashed: str | None = None


class Passwords:
    """OWASP's argon2id minimum: m = 19,456 KiB, t = 2, p = 1. Raises SignInBusy when the queue is full."""

    def __init__(self, threads: int, queue: int) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
        self._nobody = self._hasher.hash(new_secret())
        self._executor = ThreadPoolExecutor(threads, "argon2", initializer=_give_way)
        self._room = threads + queue
        self._in_hand = 0

    async def hash(self, password: str) -> str:
        """In PHC form, with the parameters inside."""
        return await self._run(lambda: self._hasher.hash(password))

    async def verify(self, password: str, stored: str | None) -> Verdict:
        """Without a stored hash (an unknown name) the same work is done for nothing."""
        return await self._run(lambda: self._verify(password, stored))

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, stored: str | None) -> Verdict:
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return Verdict(is_right=False)
        if stored is None:
            return Verdict(is_right=False)
        is_weak = self._hasher.check_needs_rehash(stored)
        return Verdict(is_right=True, rehashed=self._hasher.hash(password) if is_weak else None)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._in_hand >= self._room:
            raise SignInBusy(retry_after=1)
        self._count(1)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._in_hand += change
        PASSWORDS_IN_HAND.set(self._in_hand)


def _give_way() -> None:
    """Hashing yields the processor to everything else on the machine."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
