"""Takes a seal into the inventory: whether it is valid, and whose it is."""

from typing import Any, NamedTuple

from .envelope import DOCUMENTS, BadSeal, Keys, open_envelope
from .findings import Report
from .inventory import Inventory


class Owner(NamedTuple):
    """The invoice beside which an export keeps a seal."""

    id: Any
    code: Any
    number: Any


class Sealed(NamedTuple):
    """An envelope; `subject` is what findings call it, `owner` the invoice that it must be of, if that is known."""

    subject: str
    envelope: Any
    owner: Owner | None = None


def add_seal(sealed: Sealed, keys: Keys | None, inventory: Inventory, report: Report) -> None:
    """The documents that it names; what is wrong with it is in `report`."""
    report.checked["seals"] += 1
    try:
        manifest = open_envelope(sealed.envelope, DOCUMENTS, keys).content
        owner = Owner(manifest["invoice_id"], manifest["code"], manifest["number"])
        if sealed.owner is not None and owner != sealed.owner:
            report.add("seal-mismatch", sealed.subject, f"of {owner.number}")
        elif (conflict := inventory.add_sealed(manifest)) is not None:
            report.add("seal-conflict", sealed.subject, conflict)
    except BadSeal as error:
        report.add(error.code, sealed.subject, error.detail)
    except (KeyError, TypeError, ValueError) as error:
        report.add("seal-invalid", sealed.subject, f"not a manifest: {error!r}")
