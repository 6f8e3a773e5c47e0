"""What the feed shows of people who stand on invoices: nobody is reached or recognised by what is left.

Masked are the buyer's contacts, the identity numbers of natural persons, and where the invoice is sent. Who may read
the invoice gets them from it.
"""

from typing import Any

import msgspec

from libs.common.addresses import mask_email

_CONTACTS = ("phone", "mobile")
_LAST = 4


def mask_persons(payload: bytes) -> bytes:
    """The payload of an event that carries an invoice, its `invoice` masked; everything else is as it was."""
    fields = msgspec.json.decode(payload, type=dict[str, msgspec.Raw])
    if "invoice" not in fields:
        return payload
    invoice = msgspec.json.decode(fields["invoice"], type=dict[str, msgspec.Raw])
    for name, mask in _MASKS.items():
        if name in invoice:
            value = msgspec.json.decode(invoice[name])
            invoice[name] = msgspec.Raw(msgspec.json.encode(mask(value)))
    fields["invoice"] = msgspec.Raw(msgspec.json.encode(invoice))
    return msgspec.json.encode(fields)


def mask_tail(text: str) -> str:
    """`13800138000` becomes `***8000`; of what is short nothing is left, of nothing nothing is made."""
    if not text:
        return ""
    return f"***{text[-_LAST:]}" if len(text) > 2 * _LAST else "***"


def _mask_buyer(buyer: dict[str, Any]) -> dict[str, Any]:
    masked = buyer | {name: mask_tail(buyer[name]) for name in _CONTACTS if name in buyer}
    if masked.get("email"):
        masked["email"] = mask_email(buyer["email"])
    if buyer.get("is_individual"):
        masked["tax_id"] = mask_tail(buyer["tax_id"])
    return masked


def _mask_numbers(value: Any) -> Any:
    """Of special businesses: the `document_number` of travellers and co-buyers, wherever it stands."""
    match value:
        case dict():
            return {
                name: mask_tail(each) if name == "document_number" else _mask_numbers(each)
                for name, each in value.items()
            }
        case list():
            return [_mask_numbers(each) for each in value]
    return value


def _mask_delivery(deliver: dict[str, Any]) -> dict[str, Any]:
    to = {
        channel: mask_email(address) if "@" in address else mask_tail(address)
        for channel, address in deliver.get("to", {}).items()
    }
    return deliver | {"to": to}


_MASKS = {"buyer": _mask_buyer, "special_business": _mask_numbers, "deliver": _mask_delivery}
