"""JSON of invoices and their parts: decimal strings without exponents, times in UTC, fields in a fixed order."""

from typing import Any, TypeVar

import msgspec

from services.invoice.domain.figures import PlainDecimal
from services.invoice.domain.invoice import Invoice

T = TypeVar("T")


def _write_unknown(value: object) -> str:
    if isinstance(value, PlainDecimal):
        return str(value)
    raise NotImplementedError(type(value).__name__)


def _read_unknown(kind: type, value: object) -> object:
    if kind is PlainDecimal and isinstance(value, str):
        return PlainDecimal(value)
    raise NotImplementedError(kind.__name__)


_ENCODER = msgspec.json.Encoder(enc_hook=_write_unknown)
_INVOICES = msgspec.json.Decoder(Invoice, dec_hook=_read_unknown)


def encode_invoice(invoice: Invoice) -> bytes:
    """The JSON of the public answers; equal invoices have equal bytes."""
    return _ENCODER.encode(invoice)


def decode_invoice(content: bytes | str) -> Invoice:
    """The invoice whose JSON this is."""
    return _INVOICES.decode(content)


def encode(value: object) -> bytes:
    """JSON of any part of an invoice, for columns and events."""
    return _ENCODER.encode(value)


def to_plain(value: object) -> Any:
    """The same as `encode`, before it is written: dicts, lists and strings."""
    return msgspec.to_builtins(value, enc_hook=_write_unknown, str_keys=True)


def decode(content: bytes | str, kind: type[T]) -> T:
    """A part of an invoice from its JSON."""
    return msgspec.json.decode(content, type=kind, dec_hook=_read_unknown)
