"""The platform's seal: Ed25519 signatures over canonical JSON, in DSSE envelopes (docs/formats/integrity.md)."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from libs.common.clock import rfc3339
from libs.common.contracts.render import Seal, SealSignature

MANIFEST_TYPE = "application/vnd.openfapiao.documents+json"
DAY_ROOT_TYPE = "application/vnd.openfapiao.day-root+json"
SEED_BYTES = 32


class SealedDocument(NamedTuple):
    """One version of one carrier, as a seal vouches for it."""

    format: str
    version: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """An invoice and all its documents that are ready, in the order of format and version."""

    invoice: UUID
    code: str | None
    number: str
    issued_at: datetime
    documents: Sequence[SealedDocument]

    @property
    def head(self) -> dict[str, object]:
        """What names the invoice."""
        return {
            "invoice_id": str(self.invoice),
            "code": self.code,
            "number": self.number,
            "issued_at": rfc3339(self.issued_at),
        }

    def leaf(self, document: SealedDocument) -> dict[str, object]:
        """What the tree of a day holds of one of its documents."""
        return self.head | document._asdict()

    def encode(self) -> bytes:
        documents = [one._asdict() for one in sorted(self.documents)]
        return encode_canonical(self.head | {"documents": documents})


def encode_canonical(value: object) -> bytes:
    """RFC 8785 for what occurs here: ASCII names, texts, integers and null."""
    return msgspec.json.encode(value, order="sorted")


def encode_signed(payload_type: str, payload: bytes) -> bytes:
    """What is signed: the pre-authentication encoding of DSSE."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


class PublicKey(NamedTuple):
    """A key that seals can be checked with; `id` is its thumbprint by RFC 7638."""

    id: str
    x: str

    def as_jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": self.id, "x": self.x}


def public_key(raw: bytes) -> PublicKey:
    x = _base64url(raw)
    thumbprint = encode_canonical({"crv": "Ed25519", "kty": "OKP", "x": x})
    return PublicKey(_base64url(hashlib.sha256(thumbprint).digest()), x)


class Sealer:
    """Signs with one key; the same payload always gets the same seal."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public_key = public_key(key.public_key().public_bytes_raw())

    def seal(self, payload_type: str, payload: bytes) -> Seal:
        """The platform's signature comes first; the authority's takes its place behind it, where there is one."""
        return build_seal(payload_type, payload, self.public_key.id, self.sign(payload_type, payload))

    def sign(self, payload_type: str, payload: bytes) -> bytes:
        return self._key.sign(encode_signed(payload_type, payload))

    def seal_manifest(self, manifest: Manifest) -> Seal:
        return self.seal(MANIFEST_TYPE, manifest.encode())


def build_seal(payload_type: str, payload: bytes, key_id: str, signature: bytes) -> Seal:
    signed = SealSignature(keyid=key_id, sig=_base64(signature))
    return Seal(payload_type=payload_type, payload=_base64(payload), signatures=(signed,))


def read_key(text: str) -> Ed25519PrivateKey:
    """PEM (PKCS #8), or the 32 bytes of the seed in base64; raises ValueError."""
    if text.lstrip().startswith("-----BEGIN"):
        try:
            key = load_pem_private_key(text.encode(), password=None)
        except (TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("the PEM holds no Ed25519 key that can be read without a password")
        return key
    try:
        seed = base64.b64decode(text.strip().rstrip("=") + "=", altchars=b"-_", validate=True)
    except binascii.Error:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise ValueError(f"a seal key is PEM, or {SEED_BYTES} bytes in base64")
    return Ed25519PrivateKey.from_private_bytes(seed)


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
