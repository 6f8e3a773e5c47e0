"""What the bureau tells the platform unasked: the truth, and falsehoods that anybody could send in its name."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection
from typing import Any

import msgspec

from sandbox.bureau.faults import CALLBACK_MODES
from sandbox.bureau.store.faults import take_fault

# The truth comes so much later than it becomes true, the falsehoods at once.
LATER_MILLIS = 50
GARBAGE = b"\x00 not a callback"


@dataclass(frozen=True)
class Notice:
    """One body to post, `wait_millis` from now."""

    content: bytes
    wait_millis: int = 0


def tell_of_invoice(seller: str, serial: str, number: str | None, *, wait_millis: int) -> list[Notice]:
    """Of an invoice that is issued under `number`, or refused, in `wait_millis`."""
    truth = describe("invoice", seller, serial, "issued" if number else "rejected", number)
    lie = describe("invoice", seller, serial, "rejected" if number else "issued", "0" * 20)
    return [*make_noise("invoice", seller, lie), *[Notice(truth, wait_millis + LATER_MILLIS)] * 2]


def tell_of_form(tx: Connection, form: dict[str, Any]) -> list[Notice]:
    """Of a red-letter form that has changed, where that is ordered."""
    if "state" not in form or take_fault(tx, form["seller"], CALLBACK_MODES) is None:
        return []
    seller, serial = form["seller"], form["serial"]
    truth = describe("red_form", seller, serial, form["state"], form["red_number"])
    lie = describe("red_form", seller, serial, "10", "0" * 20)
    return [*make_noise("red_form", seller, lie), *[Notice(truth, LATER_MILLIS)] * 2]


def make_noise(about: str, seller: str, lie: bytes) -> Sequence[Notice]:
    """A lie, told twice; news of what does not exist; and what is no callback at all."""
    unknown = describe(about, seller, secrets.token_hex(16), "issued", None)
    return [Notice(content) for content in (lie, lie, unknown, GARBAGE)]


def describe(about: str, seller: str, serial: str, state: str, number: str | None) -> bytes:
    """The body, under an id of its own."""
    callback = {
        "id": secrets.token_hex(16),
        "about": about,
        "seller": seller,
        "serial": serial,
        "state": state,
        "number": number,
    }
    return msgspec.json.encode(callback)
