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


def build_qr_text(
    kind: QrCode, number: str, amount: Decimal, issue_date: date, *, code: str = "", check_code: str = ""
) -> str:
    """`amount` is with tax on a digital invoice, without tax on one that has a code.

    The CRC covers everything through the comma before it.
    """
    text = f"01,{kind},{code},{number},{amount},{issue_date:%Y%m%d},{check_code},"
    return text + crc16(text)
