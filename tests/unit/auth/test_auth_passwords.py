"""Argon2id in its own threads."""

import asyncio
import threading
import time

import pytest
from argon2 import PasswordHasher

from services.auth.errors import SignInBusy
from services.auth.passwords import Passwords

pytestmark = pytest.mark.fast


async def test_password_right_and_wrong_are_told_apart() -> None:
    passwords = Passwords(threads=1, queue=4)
    stored = await passwords.hash("Right horse 9")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await passwords.verify("Right horse 9", stored)).is_right
    for wrong in ("right horse 9", "Right horse 9 ", "", "Right horse 9\x00"):
        assert not (await passwords.verify(wrong, stored)).is_right
    passwords.close()


async def test_password_of_an_unknown_name_is_never_right() -> None:
    passwords = Passwords(threads=1, queue=4)
    for typed in ("", "anything"):
        assert not (await passwords.verify(typed, None)).is_right
    passwords.close()


async def test_password_of_an_unknown_name_costs_the_same_work() -> None:
    """Measured as processor time of all threads, which other load on the machine does not change."""
    passwords = Passwords(threads=1, queue=4)
    stored = await passwords.hash("Right horse 9")
    costs: dict[str | None, list[float]] = {stored: [], None: []}
    for _ in range(6):
        for known, seconds in costs.items():
            started = time.process_time()
            await passwords.verify("wrong", known)
            seconds.append(time.process_time() - started)
    assert 0.4 < min(costs[stored]) / min(costs[None]) < 2.5
    passwords.close()


async def test_password_damaged_hash_is_never_right() -> None:
    passwords = Passwords(threads=1, queue=4)
    for stored in ("plain", "$argon2id$v=19$m=19456,t=2,p=1$", "$2b$12$" + "x" * 53):
        assert not (await passwords.verify("plain", stored)).is_right
    passwords.close()


async def test_password_with_weaker_parameters_is_rehashed_when_right() -> None:
    passwords = Passwords(threads=1, queue=4)
    weak = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("Right horse 9")
    verdict = await passwords.verify("Right horse 9", weak)
    assert verdict.rehashed is not None
    assert (await passwords.verify("Right horse 9", verdict.rehashed)).is_right
    assert (await passwords.verify("wrong", weak)).rehashed is None
    assert (await passwords.verify("Right horse 9", verdict.rehashed)).rehashed is None
    passwords.close()


async def test_passwords_beyond_the_queue_are_refused_and_room_comes_back() -> None:
    passwords = Passwords(threads=1, queue=2)
    attempts = [passwords.verify("x", None) for _ in range(8)]
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    assert sum(isinstance(outcome, SignInBusy) for outcome in outcomes) == 5
    assert not (await passwords.verify("x", None)).is_right
    passwords.close()


async def test_passwords_are_hashed_away_from_the_event_loop() -> None:
    passwords = Passwords(threads=2, queue=4)
    await asyncio.gather(*(passwords.hash("x") for _ in range(4)))
    assert {thread.name[:6] for thread in threading.enumerate()} >= {"argon2"}
    passwords.close()
