"""Made-up taxpayer ids with valid check digits; none belongs to anybody on purpose."""

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def make_tax_id(seed: int = 0, *, area: str = "420100") -> str:
    """A company's 18-character unified code (GB 32100); different seeds below 31^5 give different ids."""
    organisation = "MA4" + _write(seed, 5)
    body = f"91{area}{organisation}{_organisation_check(organisation)}"
    total = sum(_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + _ALPHABET[-total % 31]


def make_identity_card(seed: int = 0) -> str:
    """An 18-digit identity card number (GB 11643) of somebody born on 1990-01-01."""
    body = f"42010019900101{seed % 1000:03}"
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def _write(number: int, length: int) -> str:
    digits = ""
    for _ in range(length):
        number, digit = divmod(number, 31)
        digits = _ALPHABET[digit] + digits
    return digits


def _organisation_check(code: str) -> str:
    """Position 9 of GB 11714: mod 11 with letters from A = 10."""
    total = sum(int(char, 36) * weight for char, weight in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0X987654321"[total % 11]
