"""Time-ordered identifiers (UUIDv7, RFC 9562) and a distinct type for every kind of id."""

import os
import time
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
UserId = NewType("UserId", UUID)
InvoiceId = NewType("InvoiceId", UUID)
TaxpayerId = NewType("TaxpayerId", UUID)
EventId = NewType("EventId", UUID)


def new_id() -> UUID:
    """A UUIDv7: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)
