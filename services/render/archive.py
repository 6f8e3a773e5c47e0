"""The archive: one bucket under object lock. Proves itself before the first document is entrusted to it."""

import asyncio
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256

from minio.error import S3Error

from libs.common.clock import utc_now
from libs.common.ids import new_id
from libs.common.log import get_logger
from libs.common.object_store import CorruptObject, ObjectStore, Slice, StoreUnavailable
from libs.common.problems import Problem
from services.render.domain import DocumentKey, Pack, Put, ShortLocked, StoredPack
from services.render.errors import DocumentCorrupt, DocumentUnreadable
from services.render.metrics import ARCHIVED_OBJECTS, UNREADABLE_DOCUMENTS

log = get_logger(__name__)

# Many packs may wait for a thread each; a frozen store must not hold a round longer than its lease.
STORE_SECONDS = 15.0
# A client waits no longer, neither for its bytes nor for its turn among others that wait for a frozen store.
ANSWER_SECONDS = 10.0

CANARY_KEY = "canary"
CANARY_CONTENT = b"locked " * 1024
CANARY_SHA256 = sha256(CANARY_CONTENT).hexdigest()
NEWEST = ""
CANARY_LIFE = timedelta(days=1)


class Archive:
    """Stores packs under a short lock, extends locks, and reads slices of packs.

    `is_proven` is set once a locked object has withstood its deletion.
    """

    def __init__(self, objects: ObjectStore, bucket: str, short_lock: timedelta) -> None:
        self._objects = objects
        self._bucket = bucket
        self._short_lock = short_lock
        self.is_proven = asyncio.Event()

    async def prove(self) -> bool:
        """A loop's step: make the bucket, store a locked object and try to delete it.

        Raises StoreUnavailable while the store is away; ends the process when documents could be deleted.
        """
        await self._objects.make_bucket(self._bucket)
        if not await self._is_locked():
            log.critical("archive_not_locked", bucket=self._bucket)
            raise SystemExit(
                f"Refusing to start: what is stored in bucket {self._bucket} can be deleted. "
                "Documents may only be kept in a bucket that was created with object lock, on a server that honours it."
            )
        if not self.is_proven.is_set():
            log.info("archive_proven", bucket=self._bucket)
        self.is_proven.set()
        return False

    async def _is_locked(self) -> bool:
        """A refusal and a lost connection look alike, so after either the canary must still be readable."""
        version = await self._put_canary()
        if version is None:
            return False
        try:
            await self._objects.delete_version(self._bucket, CANARY_KEY, version)
        except StoreUnavailable:
            await self._read_canary(version)
            return True
        return False

    async def _read_canary(self, version: str = NEWEST) -> None:
        """Raises StoreUnavailable unless the store gives bytes back, whatever they are."""
        canary = Slice(self._bucket, CANARY_KEY, version, 0, len(CANARY_CONTENT))
        with suppress(CorruptObject):
            await self._objects.read(canary, sha256=CANARY_SHA256)

    async def _put_canary(self) -> str | None:
        """Its version; none if the bucket takes no locked objects or keeps no versions."""
        until = utc_now() + CANARY_LIFE
        try:
            return await self._objects.put_locked(
                self._bucket, CANARY_KEY, CANARY_CONTENT, until=until, media_type="text/plain"
            )
        except StoreUnavailable as error:
            if error.__cause__ is None or _answer_of(error) == "InvalidRequest":
                return None
            raise

    def plan(self, pack: Pack, *, now: datetime) -> Put:
        """Where the pack will lie; to be recorded before it is stored."""
        return Put(pack.tenant, new_id(), self._bucket, pack.key, now + self._short_lock)

    async def store(self, pack: Pack, put: Put) -> StoredPack:
        """Put the pack; what it returns may be recorded. Raises StoreUnavailable, at the latest after STORE_SECONDS."""
        putting = self._objects.put_locked(
            put.bucket, put.key, pack.content, until=put.locked_until, media_type=pack.media_type
        )
        try:
            version = await asyncio.wait_for(putting, STORE_SECONDS)
        except TimeoutError:
            raise StoreUnavailable(f"The archive did not answer within {STORE_SECONDS:.0f} s.") from None
        ARCHIVED_OBJECTS.inc()
        return StoredPack(pack, put, version)

    async def extend(self, locked: ShortLocked) -> bool:
        """Lock it for as long as it is to be kept; False, and an error in the log, if it is gone."""
        until = locked.retain_until
        try:
            await self._objects.extend_lock(locked.bucket, locked.key, locked.version_id, until=until)
        except CorruptObject:
            log.exception("archived_object_gone", bucket=locked.bucket, key=locked.key)
            UNREADABLE_DOCUMENTS.labels("object-gone").inc()
            return False
        return True

    async def remove(self, put: Put, *, keep: Collection[str]) -> int:
        """Delete the versions of its object apart from those to keep; returns how many are gone.

        Raises StoreUnavailable if one is still locked.
        """
        versions = await self._objects.list_versions(put.bucket, put.key)
        orphans = [version for version in versions if version not in keep]
        for version in orphans:
            await self._objects.delete_version(put.bucket, put.key, version)
        return len(orphans)

    async def read(self, key: DocumentKey, place: Slice, *, sha256: str) -> bytes:
        """The bytes that were recorded, never others.

        Raises DocumentCorrupt, DocumentUnreadable if the store is well otherwise, StoreUnavailable if it is not, at
        the latest after ANSWER_SECONDS.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._read(key, place, sha256=sha256)
        except TimeoutError:
            text = f"The archive did not answer within {ANSWER_SECONDS:.0f} s."
            raise StoreUnavailable(text, retry_after=5) from None

    async def _read(self, key: DocumentKey, place: Slice, *, sha256: str) -> bytes:
        try:
            return await self._objects.read(place, sha256=sha256)
        except CorruptObject as error:
            raise _reported(key, place, DocumentCorrupt(), error) from error
        except StoreUnavailable as error:
            await self._read_canary()
            raise _reported(key, place, DocumentUnreadable(retry_after=60), error) from error


def _reported(key: DocumentKey, place: Slice, problem: Problem, cause: Exception) -> Problem:
    """The problem, after the operators were told which invoice it is about."""
    UNREADABLE_DOCUMENTS.labels(problem.code).inc()
    reasons = {"reason": problem.code, "error": repr(cause), "cause": repr(cause.__cause__)}
    log.error("document_not_served", invoice_id=str(key.invoice), **reasons, **place._asdict())
    return problem


def _answer_of(error: StoreUnavailable) -> str | None:
    """The S3 error code, if the store answered at all."""
    return error.__cause__.code if isinstance(error.__cause__, S3Error) else None
