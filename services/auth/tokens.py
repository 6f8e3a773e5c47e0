"""Access tokens: Ed25519-signed JWTs (RFC 9068 style, `typ=at+jwt`) and the public form of their keys."""

import base64
import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from libs.common.auth import AUDIENCE, ISSUER
from libs.common.ids import TenantId, new_id
from services.auth.domain.sessions import ACCESS_LIFE
from services.auth.metrics import TOKENS_ISSUED


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token is for. `session` is what a revocation names: a session's id or an API key's."""

    tenant: TenantId
    id: UUID
    kind: str
    name: str
    scopes: Collection[str]
    session: UUID
    version: int
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    text: str
    expires_in: int


class SigningPair:
    """A private key with its public JWK; the key id is the JWK's thumbprint (RFC 7638)."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        x = base64.urlsafe_b64encode(private.public_key().public_bytes_raw()).rstrip(b"=").decode()
        required = {"crv": "Ed25519", "kty": "OKP", "x": x}
        canonical = json.dumps(required, separators=(",", ":"), sort_keys=True).encode()
        self.id = base64.urlsafe_b64encode(hashlib.sha256(canonical).digest()).rstrip(b"=").decode()
        self.jwk = {**required, "kid": self.id, "use": "sig", "alg": "EdDSA"}
        self.public = jwt.PyJWK.from_dict(self.jwk)

    @classmethod
    def generate(cls) -> Self:
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_bytes(cls, private: bytes) -> Self:
        return cls(Ed25519PrivateKey.from_private_bytes(private))

    def private_bytes(self) -> bytes:
        """Only ever to be sealed."""
        return self._private.private_bytes_raw()

    def sign(self, bearer: Bearer, now: datetime) -> AccessToken:
        """Valid for ten minutes, or less where the credential behind it ends earlier."""
        issued = int(now.timestamp())
        expires = issued + int(ACCESS_LIFE.total_seconds())
        if bearer.until is not None:
            expires = min(expires, int(bearer.until.timestamp()))
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(bearer.id),
            "tenant": str(bearer.tenant),
            "sid": str(bearer.session),
            "scope": " ".join(sorted(bearer.scopes)),
            "jti": str(new_id()),
            "iat": issued,
            "exp": expires,
            "kind": bearer.kind,
            "name": bearer.name,
            "ver": bearer.version,
        }
        headers = {"kid": self.id, "typ": "at+jwt"}
        text = jwt.encode(claims, self._private, algorithm="EdDSA", headers=headers)
        TOKENS_ISSUED.labels(bearer.kind).inc()
        return AccessToken(text, expires - issued)
