"""Seals: DSSE envelopes with Ed25519 signatures, and the public keys (JWKS) that they are checked with."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from . import canonical

DOCUMENTS = "application/vnd.openfapiao.documents+json"
DAY_ROOT = "application/vnd.openfapiao.day-root+json"

Keys = Mapping[str, Ed25519PublicKey]


class BadSeal(Exception):  # noqa: N818
    """`code` is that of a finding."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Opened(NamedTuple):
    """What was signed: as bytes, and as what they say."""

    payload: bytes
    content: Mapping[str, Any]


def read_keys(jwks: Any) -> Keys:
    """Keys by their thumbprint (RFC 7638), whatever name they are given; raises ValueError."""
    try:
        coordinates = [key["x"] for key in jwks["keys"] if key.get("crv") == "Ed25519"]
        return {thumbprint(x): _public_key(x) for x in coordinates}
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a set of keys: {error!r}") from None


def thumbprint(x: str) -> str:
    members = canonical.encode({"crv": "Ed25519", "kty": "OKP", "x": x})
    return base64.urlsafe_b64encode(hashlib.sha256(members).digest()).rstrip(b"=").decode()


def _public_key(x: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))


def is_envelope(value: object) -> bool:
    return isinstance(value, dict) and value.keys() >= {"payloadType", "payload", "signatures"}


def open_envelope(envelope: Any, payload_type: str, keys: Keys | None) -> Opened:
    """Checks every signature by a known key; others are nobody's business here, such as the tax authority's.

    Without `keys` no signature is checked. Raises BadSeal.
    """
    try:
        kind = str(envelope["payloadType"])
        payload = _read_base64(envelope["payload"])
        signatures = [(str(one["keyid"]), _read_base64(one["sig"])) for one in envelope["signatures"]]
        content = canonical.decode_canonical(payload)
    except (KeyError, TypeError, ValueError) as error:
        raise BadSeal("seal-invalid", f"not an envelope: {error}") from None
    if kind != payload_type:
        raise BadSeal("seal-invalid", f"seals {kind}")
    if keys is not None:
        _check(b"DSSEv1 %d %b %d %b" % (len(kind), kind.encode(), len(payload), payload), signatures, keys)
    return Opened(payload, content)


def _read_base64(text: str) -> bytes:
    """In the one way in which it is written: no byte of an envelope may be another."""
    content = base64.b64decode(text, validate=True)
    if base64.b64encode(content).decode() != text:
        raise ValueError("not as base64 is written")
    return content


def _check(signed: bytes, signatures: list[tuple[str, bytes]], keys: Keys) -> None:
    known = [(key, signature) for name, signature in signatures if (key := keys.get(name))]
    if not known:
        raise BadSeal("seal-unknown-key", ", ".join(name[:64] for name, _ in signatures) or "unsigned")
    for key, signature in known:
        try:
            key.verify(signature, signed)
        except InvalidSignature:
            raise BadSeal("seal-invalid", "the signature does not fit what it stands under") from None
