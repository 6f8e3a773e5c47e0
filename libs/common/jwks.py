"""The public keys of auth, fetched from one pinned address, kept while auth is away, refetched at a bounded rate."""

import asyncio
import time
from typing import Any

import aiohttp
import jwt

from libs.common.log import get_logger
from libs.common.problems import Unauthenticated, Unavailable

log = get_logger(__name__)

REFRESH_SECONDS = 60.0
REFETCH_SECONDS = 30.0
FETCH_TIMEOUT = aiohttp.ClientTimeout(total=3)


class KeySet:
    """Keys by id. An unknown id triggers at most one fetch per REFETCH_SECONDS, whatever the flood."""

    def __init__(self, url: str, http: aiohttp.ClientSession) -> None:
        self._url = url
        self._http = http
        self._keys: dict[str, jwt.PyJWK] = {}
        self._fetched_at = float("-inf")
        self._lock = asyncio.Lock()

    async def find(self, key_id: str) -> jwt.PyJWK:
        """Raises Unauthenticated for an unknown key, Unavailable while no key was ever fetched."""
        age = time.monotonic() - self._fetched_at
        if (key_id not in self._keys and (age > REFETCH_SECONDS or not self._keys)) or age > REFRESH_SECONDS:
            await self._refresh()
        if (key := self._keys.get(key_id)) is not None:
            return key
        if not self._keys:
            raise Unavailable("The signing keys cannot be fetched yet.", detail_zh="暂时无法获取签名公钥。")
        raise Unauthenticated

    async def _refresh(self) -> None:
        async with self._lock:
            if time.monotonic() - self._fetched_at < (REFETCH_SECONDS if self._keys else 1.0):
                return
            self._fetched_at = time.monotonic()
            try:
                async with self._http.get(self._url, timeout=FETCH_TIMEOUT) as response:
                    response.raise_for_status()
                    document: dict[str, Any] = await response.json()
                self._keys = {key.key_id: key for key in jwt.PyJWKSet.from_dict(document).keys if key.key_id}
            except (aiohttp.ClientError, TimeoutError, ValueError, jwt.PyJWTError) as error:
                log.warning("signing_keys_not_fetched", error=repr(error))
