"""Something that the authority may have told us: never a fact, only a reason to ask."""

import hashlib
from enum import StrEnum

from msgspec import Struct


class About(StrEnum):
    """What the callback is about."""

    INVOICE = "invoice"
    RED_FORM = "red_form"


class Callback(Struct, frozen=True):
    """`sender_id` is equal for repeats; `serial` is what the invoice or form has at the authority."""

    sender_id: str
    about: About
    seller: str
    serial: str

    @property
    def id(self) -> bytes:
        """Of a length of our own choice, and each seller's apart."""
        return hashlib.sha256(f"{self.seller} {self.sender_id}".encode()).digest()
