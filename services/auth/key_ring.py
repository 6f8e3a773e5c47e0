"""This process's copy of the signing keys: signs with the current one and publishes all.

A short absence of the database goes unnoticed.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import jwt

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.problems import Unauthenticated, Unavailable
from services.auth.domain.signing_keys import SigningKey, signing_key
from services.auth.secret_keys import SealBroken, SecretKeys
from services.auth.store.signing_keys import load_signing_keys
from services.auth.tokens import AccessToken, Bearer, SigningPair

log = get_logger(__name__)

RELOAD_SECONDS = 15.0


class KeyRing:
    """Reloaded every `reload_seconds`, which is far less than a new key's time in waiting."""

    def __init__(
        self,
        pool: Pool,
        secret_keys: SecretKeys,
        clock: Callable[[], datetime] = utc_now,
        *,
        reload_seconds: float = RELOAD_SECONDS,
    ) -> None:
        self._pool = pool
        self._secret_keys = secret_keys
        self._clock = clock
        self._reload_seconds = reload_seconds
        self._rows: tuple[SigningKey, ...] = ()
        self._pairs: dict[str, SigningPair] = {}
        self._loaded_at = float("-inf")
        self._lock = asyncio.Lock()

    async def sign(self, bearer: Bearer) -> AccessToken:
        """Raises Unavailable while there is no usable key."""
        await self._reload()
        now = self._clock()
        current = signing_key(self._rows, now)
        if current is None:
            raise Unavailable("There is no usable signing key yet.", detail_zh="暂无可用的签名密钥。")
        return self._pairs[current.id].sign(bearer, now)

    async def find(self, key_id: str) -> jwt.PyJWK:
        """For the authenticator of this process; an unknown id costs no look-up of its own."""
        await self._reload()
        if (pair := self._pairs.get(key_id)) is None:
            raise Unauthenticated
        return pair.public

    async def public_jwks(self) -> list[dict[str, str]]:
        """The keys that sign, will sign, or signed a moment ago."""
        await self._reload()
        return [pair.jwk for pair in self._pairs.values()]

    async def check(self) -> None:
        """Readiness: raises RuntimeError when nothing can be signed here."""
        await self._reload()
        if signing_key(self._rows, self._clock()) is None:
            raise RuntimeError("no signing key that OFP_KEY_ENCRYPTION_SECRET opens")

    async def _reload(self) -> None:
        if self._is_fresh() or (self._rows and self._lock.locked()):
            return
        async with self._lock:
            if not self._is_fresh():
                self._take(await self._load())
                self._loaded_at = time.monotonic()

    def _is_fresh(self) -> bool:
        """An empty table is looked at again soon: the first keys may just be in the making."""
        return time.monotonic() - self._loaded_at < (self._reload_seconds if self._rows else 1.0)

    async def _load(self) -> tuple[SigningKey, ...]:
        try:
            async with transaction(self._pool) as tx:
                return await load_signing_keys(tx)
        except Unavailable:
            if not self._rows:
                raise
            log.warning("signing_keys_not_reloaded", kept=len(self._rows))
            return self._rows

    def _take(self, rows: tuple[SigningKey, ...]) -> None:
        pairs = {row.id: pair for row in rows if (pair := self._pairs.get(row.id) or self._open(row))}
        self._rows = tuple(row for row in rows if row.id in pairs)
        self._pairs = pairs

    def _open(self, row: SigningKey) -> SigningPair | None:
        try:
            pair = SigningPair.from_bytes(self._secret_keys.unseal(row.id, row.sealed_private_key))
        except SealBroken:
            log.error("signing_key_not_opened", key_id=row.id)  # noqa: TRY400 - the cause is in the name
            return None
        return pair
