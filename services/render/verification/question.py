"""What a holder of an invoice read off it, and in what that differs from the invoice as published. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from services.render.verification.errors import QrTextDamaged
from services.render.verification.readers import Difference

_POLYNOMIAL = 0x8005
_QR = re.compile(
    r"01,(?P<kind>\d{2}),(?P<code>\d{10}|\d{12}|),(?P<number>\d{20}|\d{8}),(?P<amount>-?\d{1,13}\.\d{2}),"
    r"(?P<date>\d{8}),(?P<check_code>\d{20}|),(?P<crc>[0-9A-Fa-f]{4}),?"
)


@dataclass(frozen=True, slots=True)
class Question:
    """The facts that are shown, by their pointers; `code` is empty for a number of 20 digits.

    A kind is as the QR code names it.
    """

    format: str
    code: str
    number: str
    facts: Mapping[str, str]


def read_qr(text: str) -> Question:
    """Raises QrTextDamaged."""
    found = _QR.fullmatch(text.strip())
    if found is None or crc16(text.strip()[: found.start("crc")]) != found["crc"].upper():
        raise QrTextDamaged
    day = found["date"]
    facts = {
        "/kind": found["kind"],
        "/issue_date": f"{day[:4]}-{day[4:6]}-{day[6:]}",
        amount_pointer(found["code"]): found["amount"],
        "/check_code": found["check_code"],
    }
    shown = {pointer: value for pointer, value in facts.items() if value}
    return Question("qr", found["code"], found["number"], shown)


def amount_pointer(code: str) -> str:
    """Which amount stands for the invoice: without tax where it has a code (domain of the trade: 2.3)."""
    return "/totals/amount" if code else "/totals/amount_with_tax"


def crc16(text: str) -> str:
    """CRC-16/UMTS in four hexadecimal digits, as the QR code ends with it."""
    crc = 0
    for byte in text.encode("ascii", "replace"):
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ _POLYNOMIAL if crc & 0x8000 else crc << 1) & 0xFFFF
    return f"{crc:04X}"


def compare_facts(question: Question, invoice: Mapping[str, Any]) -> list[Difference]:
    """What was shown and is not so."""
    return [
        Difference(pointer, "content")
        for pointer, shown in question.facts.items()
        if not _is_same(pointer, shown, _find(invoice, pointer))
    ]


def _find(invoice: Mapping[str, Any], pointer: str) -> str:
    if pointer == "/kind":
        return str(invoice["qr_text"] or ",").split(",")[1]
    value: Any = invoice
    for part in pointer.split("/")[1:]:
        value = value.get(part) or ""
    return str(value)


def _is_same(pointer: str, shown: str, known: str) -> bool:
    if pointer.startswith("/totals/"):
        return Decimal(shown) == Decimal(known)
    if pointer == "/issue_date":
        return shown == str(date.fromisoformat(known))
    if pointer == "/check_code":
        return known.endswith(shown) and bool(known)
    return shown == known
