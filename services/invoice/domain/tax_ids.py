"""Taxpayer ids: the 18-character unified code, its older forms, and identity cards."""

import re
from datetime import date
from enum import StrEnum

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_CARD_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CARD_CHECKS = "10X98765432"

_UNIFIED = re.compile(f"[{_ALPHABET}]{{18}}")
_CARD = re.compile("[1-9][0-9]{16}[0-9X]")
_OLDER = re.compile("[0-9A-Z]{15}|[0-9A-Z]{17}|[0-9A-Z]{20}")


class TaxIdForm(StrEnum):
    """What an id turned out to be."""

    UNIFIED = "unified"
    OLDER = "older"
    IDENTITY_CARD = "identity_card"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    MALFORMED = "malformed"


def classify_tax_id(tax_id: str) -> TaxIdForm:
    """Total: every text has a form; 18 characters must pass GB 32100 or, for natural persons, GB 11643."""
    if _UNIFIED.fullmatch(tax_id) and tax_id[17] == unified_check_character(tax_id[:17]):
        return TaxIdForm.UNIFIED
    if is_identity_card(tax_id):
        return TaxIdForm.IDENTITY_CARD
    if _UNIFIED.fullmatch(tax_id) or _CARD.fullmatch(tax_id):
        return TaxIdForm.WRONG_CHECK_DIGIT
    return TaxIdForm.OLDER if _OLDER.fullmatch(tax_id) else TaxIdForm.MALFORMED


def unified_check_character(body: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015)."""
    total = sum(_VALUES[character] * weight for character, weight in zip(body, _WEIGHTS, strict=True))
    return _ALPHABET[-total % 31]


def expected_check_character(tax_id: str) -> str:
    """What the last of 18 characters would have to be; for a code of digits only, as a unified code."""
    return unified_check_character(tax_id[:17])


def is_identity_card(number: str) -> bool:
    """18 digits with a possible date of birth and the check digit of GB 11643."""
    if not _CARD.fullmatch(number) or not _is_date(number[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _CARD_WEIGHTS, strict=True))
    return number[17] == _CARD_CHECKS[total % 11]


def _is_date(digits: str) -> bool:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) >= date(1900, 1, 1)
    except ValueError:
        return False
