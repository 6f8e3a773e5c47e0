"""What is derived from OFP_KEY_ENCRYPTION_SECRET: the seal of private keys, refresh successors, name digests."""

import base64
import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class SealBroken(Exception):  # noqa: N818 - says what happened
    """The bytes were sealed under another secret or another name, or changed since."""


class SecretKeys:
    """Independent keys from one secret (HKDF-SHA-256, one label a purpose)."""

    def __init__(self, secret: str) -> None:
        self._seal = AESGCM(_derive(secret, "seal signing keys"))
        self._successors = _derive(secret, "derive refresh successors")
        self._names = _derive(secret, "digest sign-in names")

    def seal(self, name: str, plain: bytes) -> bytes:
        """AES-256-GCM under a random nonce, bound to `name`, so that sealed values cannot be swapped."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._seal.encrypt(nonce, plain, name.encode())

    def unseal(self, name: str, sealed: bytes) -> bytes:
        """Raises SealBroken."""
        try:
            return self._seal.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], name.encode())
        except (InvalidTag, ValueError):
            raise SealBroken(name) from None

    def successor_of(self, refresh_token: str) -> str:
        """The one refresh token that follows this one: made again when asked again, without being stored."""
        return encode_secret(hmac.digest(self._successors, refresh_token.encode(), "sha256"))

    def digest_name(self, name: str) -> bytes:
        """A name as typed at sign-in, which may be a mistyped password: kept by keyed digest alone."""
        return hmac.digest(self._names, name.encode(), "sha256")


def new_secret() -> str:
    """256 random bits as 43 characters of base64url."""
    return encode_secret(secrets.token_bytes(32))


def encode_secret(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def digest_secret(secret: str) -> bytes:
    """How long random secrets are kept; they cannot be guessed, so a plain SHA-256 is enough."""
    return hashlib.sha256(secret.encode()).digest()


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, salt=b"openfapiao auth", info=purpose.encode()).derive(secret.encode())
