"""What tells an issued invoice from all others: a digital number, or code and number of the taxpayer's stock."""

from datetime import date
from hashlib import sha256
from typing import NamedTuple

from msgspec import Struct

from services.invoice.domain.invoice import Totals
from services.invoice.domain.kinds import QrCode


class Number(NamedTuple):
    """`code`: the 发票代码 beside a number of 8 digits; None where the number has 20 and stands alone."""

    number: str
    code: str | None = None


def split_number(text: str) -> Number:
    """Tells code and number written together apart; a digital number has 20 digits and never begins with 0."""
    is_whole = _has_digits(text, 18) or (_has_digits(text, 20) and text.startswith("0"))
    return Number(text[-8:], text[:-8]) if is_whole else Number(text)


class Numbering(Struct, frozen=True):
    """A number and its day of issue. A digital one begins with the last two digits of the year; stock has no year."""

    number: str
    issue_date: date
    qr_kind: QrCode
    code: str | None = None

    def __post_init__(self) -> None:
        if self.code is not None:
            if not (
                _has_digits(self.number, 8) and (_has_digits(self.code, 10) or _has_digits(self.code, 12))
            ):
                raise ValueError("a number of stock has 8 digits, its code 10 or 12")
        elif not _has_digits(self.number, 20):
            raise ValueError("a digital number has 20 digits")
        elif self.number[:2] != f"{self.issue_date:%y}":
            raise ValueError("a number belongs to the year it begins with")


def make_check_code(numbering: Numbering, totals: Totals) -> str:
    """A sample of the 20-digit 校验码: the real one comes from a tax-control device's cipher."""
    said = (numbering.code, numbering.number, numbering.issue_date, totals.amount, totals.tax)
    digest = sha256(",".join(map(str, said)).encode()).hexdigest()
    return f"{int(digest, 16) % 10**20:020}"


def _has_digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdigit()
