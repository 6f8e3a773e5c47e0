"""The text of the QR code and its CRC-16/UMTS trailer."""

from datetime import date
from decimal import Decimal

from services.invoice.domain.kinds import QrCode

_POLYNOMIAL = 0x8005


def _crc_of_byte(byte: int) -> int:
    crc = byte << 8
    for _ in range(8):
        crc = (crc << 1) ^ _POLYNOMIAL if crc & 0x8000 else crc << 1
    return crc & 0xFFFF


_TABLE = tuple(_crc_of_byte(byte) for byte in range(256))


def crc16(text: str) -> str:
    """Four upper-case hex digits over ASCII text: polynomial 0x8005, start 0, nothing reflected or inverted."""
    crc = 0
    for byte in text.encode("ascii"):
        crc = ((crc << 8) & 0xFFFF) ^ _TABLE[(crc >> 8) ^ byte]
    return f"{crc:04X}"


def build_qr_text(kind: QrCode, number: str, amount_with_tax: Decimal, issue_date: date) -> str:
    """The text of a digital invoice; the CRC covers everything through the comma before it."""
    text = f"01,{kind},,{number},{amount_with_tax},{issue_date:%Y%m%d},,"
    return text + crc16(text)
