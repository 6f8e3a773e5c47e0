"""Archives encrypted for the tenant's own age keys before they leave, and the hash of what is kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pyrage


def is_recipient(text: str) -> bool:
    """Whether it is an age public key (`age1…`)."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except (pyrage.RecipientError, ValueError):
        return False
    return True


def encrypt(path: Path, recipients: Sequence[str]) -> Path:
    """A file beside it that only the recipients' identities open; the plain one is removed."""
    encrypted = path.with_suffix(".zip.age")
    with path.open("rb") as plain, encrypted.open("wb") as file:
        pyrage.encrypt_io(plain, file, [pyrage.x25519.Recipient.from_str(each) for each in recipients])
    path.unlink()
    return encrypted


def measure(path: Path) -> tuple[int, str]:
    """Size and SHA-256."""
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()
