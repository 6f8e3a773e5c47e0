"""Secrets of targets at rest: AES-256-GCM under a key derived from OFP_EXPORT_SECRET, bound to their schedule."""

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from services.invoice.errors import ExportTargetRefused

_NONCE_BYTES = 12


class SecretSeal:
    """Seals in the api, opens in the worker."""

    def __init__(self, secret: str) -> None:
        key = HKDF(SHA256(), 32, salt=b"openfapiao invoice", info=b"seal export targets").derive(
            secret.encode()
        )
        self._cipher = AESGCM(key)

    def seal(self, schedule_id: UUID, secret: str) -> bytes:
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), schedule_id.bytes)

    def open(self, schedule_id: UUID, sealed: bytes) -> str:
        """Raises ExportTargetRefused where it was sealed under another secret."""
        try:
            plain = self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], schedule_id.bytes)
        except (InvalidTag, ValueError):
            raise ExportTargetRefused(
                "The credentials of the target cannot be read any more; enter them again.",
                detail_zh="目标位置的凭证已无法读取，请重新填写。",
                reason="credentials unreadable",
            ) from None
        return plain.decode()
