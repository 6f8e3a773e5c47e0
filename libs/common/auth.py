"""Credential -> Principal: access tokens by JWKS, API keys by the replica; both cached for a moment, never longer.

A revoked key or session dies within CACHE_SECONDS plus the time its event takes.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Set
from dataclasses import dataclass
from typing import Annotated, Any, Protocol
from uuid import UUID

import jwt
from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.problems import FieldError, Forbidden, Unauthenticated

ISSUER = "openfapiao"
AUDIENCE = "openfapiao-api"
LEEWAY_SECONDS = 15
CACHE_SECONDS = 2.0
CACHE_SIZE = 10_000

FIND_API_KEY = "select id, tenant_id, scopes, expires_at, rate_per_second, burst from find_api_key($1)"
FIND_SESSION = "select is_revoked, is_active, rate_per_second, burst from find_session($1, $2)"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `id` is a user or an API key, `kind` says which; `scopes` are what it may do."""

    tenant: TenantId
    id: UUID
    kind: str
    name: str
    scopes: frozenset[str]
    rate_per_second: int
    burst: int
    session: UUID | None = None

    @property
    def actor(self) -> str:
        """How histories name it: `user:…` or `api_key:…`."""
        return f"{self.kind}:{self.id}"


class PublicKeys(Protocol):
    """Where public signing keys are found: `KeySet` by HTTP, or auth's own."""

    async def find(self, key_id: str) -> jwt.PyJWK:
        """Raises Unauthenticated for an unknown key."""


class Authenticator:
    """Verifies credentials; keeps the outcome by hash for CACHE_SECONDS (bounded, oldest out first)."""

    def __init__(self, pool: Pool, keys: PublicKeys) -> None:
        self._pool = pool
        self._keys = keys
        self._cache: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()

    async def authenticate(self, authorization: str | None) -> Principal:
        """Raises Unauthenticated; the text never says more than that the credential is not valid."""
        scheme, _, credential = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not credential or len(credential) > 4096 or not credential.isascii():
            raise Unauthenticated
        digest = hashlib.sha256(credential.encode()).digest()
        cached = self._cache.get(digest)
        if cached is not None and cached[0] > time.monotonic():
            return cached[1]
        if credential.startswith("ofp_"):
            principal = await self._find_api_key(digest)
        else:
            principal = await self._verify_token(credential)
        self._cache[digest] = (time.monotonic() + CACHE_SECONDS, principal)
        self._cache.move_to_end(digest)
        if len(self._cache) > CACHE_SIZE:
            self._cache.popitem(last=False)
        return principal

    async def _find_api_key(self, digest: bytes) -> Principal:
        async with transaction(self._pool) as tx:
            row = await tx.fetchrow(FIND_API_KEY, digest)
        if row is None:
            raise Unauthenticated
        return Principal(
            tenant=row["tenant_id"],
            id=row["id"],
            kind="api_key",
            name=f"api key {row['id']}",
            scopes=frozenset(row["scopes"]),
            rate_per_second=row["rate_per_second"],
            burst=row["burst"],
        )

    async def _verify_token(self, token: str) -> Principal:
        claims = await self._decode(token)
        try:
            tenant, session = TenantId(UUID(claims["tenant"])), UUID(claims["sid"])
            user, scopes = UUID(claims["sub"]), frozenset(str(claims["scope"]).split())
        except (ValueError, TypeError, AttributeError):
            raise Unauthenticated from None
        async with transaction(self._pool) as tx:
            row = await tx.fetchrow(FIND_SESSION, tenant, session)
        if row is None or row["is_revoked"] or not row["is_active"]:
            raise Unauthenticated
        return Principal(
            tenant=tenant,
            id=user,
            kind=str(claims.get("kind", "user")),
            name=str(claims.get("name", "")),
            scopes=scopes,
            rate_per_second=row["rate_per_second"],
            burst=row["burst"],
            session=session,
        )

    async def _decode(self, token: str) -> dict[str, Any]:
        """Pinned algorithm, type, issuer and audience; every claim required (RFC 8725)."""
        try:
            header = jwt.get_unverified_header(token)
            if header.get("typ") != "at+jwt" or header.get("alg") != "EdDSA":
                raise Unauthenticated
            key = await self._keys.find(str(header.get("kid", "")))
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=["EdDSA"],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iat", "iss", "aud", "sub", "jti", "sid", "tenant", "scope"]},
            )
        except (jwt.PyJWTError, ValueError, OverflowError):
            raise Unauthenticated from None
        if int(claims["exp"]) - int(claims["iat"]) > 3600:
            raise Unauthenticated
        return claims


_bearer = HTTPBearer(auto_error=False, description="Access token or API key")


def require(*scopes: str) -> Callable[..., Awaitable[Principal]]:
    """A dependency that gives the Principal if it holds every one of `scopes`, within its tenant's rate limit."""
    needed = frozenset(scopes)

    async def principal(request: Request, _: Annotated[object, Depends(_bearer)] = None) -> Principal:
        found: Principal = await request.app.state.authenticator.authenticate(
            request.headers.get("authorization")
        )
        request.state.principal = found
        request.app.state.rate_limits.take(request, found)
        check_scopes(found, needed)
        return found

    return principal


def check_scopes(principal: Principal, needed: Set[str]) -> None:
    """For what only some requests of a route need; raises Forbidden naming the scopes that are missing."""
    if missing := sorted(needed - principal.scopes):
        raise _missing_scopes(missing)


def _missing_scopes(missing: list[str]) -> Forbidden:
    names = ", ".join(missing)
    error = FieldError("", "scope", f"Needs {names}.", f"缺少权限 {names}。")
    return Forbidden(
        f"The credential lacks {names}.", detail_zh=f"当前凭证缺少权限：{names}。", errors=[error]
    )
