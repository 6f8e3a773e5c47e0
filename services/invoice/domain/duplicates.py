"""The guard against issuing the same sale twice: what two invoices of one day must have in common to be twins."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from services.invoice.domain.invoice import Invoice


class Twin(Struct, frozen=True):
    """An earlier invoice that says the same; `number` None while the authority has not given it."""

    id: UUID
    number: str | None


def duplicate_key_of(invoice: Invoice, day: date) -> str | None:
    """One key for all invoices of a day (Asia/Shanghai) with the same fingerprint: seller, buyer, lines and total.

    None with a reference, which is guarded by itself: two sales that look alike differ in their document number.
    """
    return f"{day}:{invoice.fingerprint}" if invoice.reference is None else None
