"""Any S3 server through the minio SDK, in a bounded executor of its own and with short time limits."""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import certifi
import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import MinioException, S3Error
from minio.retention import Retention

from libs.common.problems import Unavailable

T = TypeVar("T")

# So much is read by one call.
_MOST_BYTES = 4 * 1024 * 1024
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "InvalidRange"})


class StoreUnavailable(Unavailable):
    code = "object-store-unavailable"
    title = "The document archive cannot be reached at the moment"
    title_zh = "电子档案存储暂时不可用"


class CorruptObject(Exception):  # noqa: N818
    """The bytes are gone, or do not have the hash that was recorded when they were written."""


class Slice(NamedTuple):
    """A part of one version of one object."""

    bucket: str
    key: str
    version_id: str
    offset: int
    length: int


class Recorded(NamedTuple):
    """A slice, and the SHA-256 that was recorded when it was written."""

    place: Slice
    sha256: str


class ObjectStore:
    """Puts locked objects and reads slices of given versions; every call runs in one of `threads` threads."""

    def __init__(
        self, url: str, access_key: str, secret_key: str, *, threads: int = 8, read_seconds: float = 10.0
    ) -> None:
        """`read_seconds` bounds the wait for each part of an answer; what fails is tried once more.

        But not a put: one whose answer was late would leave a version that nobody knows of.
        """
        address = urlsplit(url)
        connect = partial(
            Minio,
            address.netloc,
            access_key=access_key,
            secret_key=secret_key,
            secure=address.scheme == "https",
            region="us-east-1",
        )
        self._client = connect(http_client=_make_pool(threads, read_seconds, retries=1))
        self._writer = connect(http_client=_make_pool(threads, read_seconds, retries=0))
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="s3")

    async def make_bucket(self, bucket: str) -> None:
        """Create the bucket with object lock unless it is there."""
        await self._run(partial(_make_bucket, self._client, bucket))

    async def put_locked(
        self, bucket: str, key: str, content: bytes, *, until: datetime, media_type: str
    ) -> str:
        """Store under COMPLIANCE retention until `until`; returns the version id. Tried once."""
        retention = Retention(COMPLIANCE, until)
        put = partial(
            self._writer.put_object,
            bucket,
            key,
            BytesIO(content),
            len(content),
            content_type=media_type,
            retention=retention,
            num_parallel_uploads=1,
        )
        version: str | None = (await self._run(put)).version_id
        if not version:
            raise StoreUnavailable("The bucket keeps no versions; object lock is off.")
        return version

    async def extend_lock(self, bucket: str, key: str, version_id: str, *, until: datetime) -> None:
        """Lock one version until then; nothing if it is locked for longer. Raises CorruptObject if it is gone."""
        await self._run(partial(_extend_lock, self._client, bucket, key, version_id, until))

    async def list_versions(self, bucket: str, key: str) -> list[str]:
        """The ids of all versions of one object."""
        found = partial(self._client.list_objects, bucket, prefix=key, include_version=True)
        listed = await self._run(lambda: [one for one in found() if one.object_name == key])
        return [one.version_id for one in listed if one.version_id and not one.is_delete_marker]

    async def delete_version(self, bucket: str, key: str, version_id: str) -> None:
        """Delete one version; a locked one raises StoreUnavailable."""
        await self._run(partial(self._client.remove_object, bucket, key, version_id=version_id))

    async def read(self, part: Slice, *, sha256: str) -> bytes:
        """The bytes of a slice of exactly that version; raises CorruptObject if their hash is another."""
        content = await self._run(partial(_read, self._client, part))
        if hashlib.sha256(content).hexdigest() != sha256:
            raise CorruptObject(f"{part.bucket}/{part.key} at {part.offset}")
        return content

    async def read_many(self, parts: Sequence[Recorded]) -> list[bytes | None]:
        """The bytes of each, in the same order; None for what is gone or is not as it was recorded.

        What lies side by side is read by one call.
        """
        found: list[bytes | None] = [None] * len(parts)
        runs = _runs(parts)
        for run, contents in zip(runs, await asyncio.gather(*map(self._read_run, runs)), strict=True):
            for (at, _), content in zip(run, contents, strict=True):
                found[at] = content
        return found

    async def _read_run(self, run: Sequence[tuple[int, Recorded]]) -> list[bytes | None]:
        first, last = run[0][1].place, run[-1][1].place
        whole = first._replace(length=last.offset + last.length - first.offset)
        try:
            content = await self._run(partial(_read, self._client, whole))
        except CorruptObject:
            return [None] * len(run)
        return [_cut(content, first.offset, recorded) for _, recorded in run]

    async def _run(self, call: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, call)
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as error:
            raise StoreUnavailable(f"The object store did not answer ({type(error).__name__}).") from error

    def close(self) -> None:
        """Do not wait for stuck calls: their keys are content-addressed, so a late put is harmless."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _make_pool(threads: int, read_seconds: float, *, retries: int) -> urllib3.PoolManager:
    return urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=2.0, read=read_seconds),
        maxsize=threads,
        retries=urllib3.Retry(total=retries, backoff_factor=0.2, status_forcelist=()),
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
    )


def _extend_lock(client: Minio, bucket: str, key: str, version_id: str, until: datetime) -> None:
    """COMPLIANCE retention can only grow, so a refusal may mean that it is longer already."""
    try:
        client.set_object_retention(bucket, key, Retention(COMPLIANCE, until), version_id)
    except S3Error as error:
        if error.code in _GONE:
            raise CorruptObject(f"{bucket}/{key}: {error.code}") from error
        present = client.get_object_retention(bucket, key, version_id)
        if present is None or present.retain_until_date < until.replace(microsecond=0):
            raise


def _make_bucket(client: Minio, bucket: str) -> None:
    if not client.bucket_exists(bucket):
        client.make_bucket(bucket, object_lock=True)


def _read(client: Minio, part: Slice) -> bytes:
    try:
        response = client.get_object(
            part.bucket, part.key, offset=part.offset, length=part.length, version_id=part.version_id
        )
    except S3Error as error:
        if error.code in _GONE:
            raise CorruptObject(f"{part.bucket}/{part.key}: {error.code}") from error
        raise
    try:
        return response.read()
    finally:
        response.close()
        response.release_conn()


def _runs(parts: Sequence[Recorded]) -> list[list[tuple[int, Recorded]]]:
    """The parts with their places in the order, those without a gap together unless that becomes too long."""
    runs: list[list[tuple[int, Recorded]]] = []
    for at, part in sorted(enumerate(parts), key=lambda item: item[1]):
        if runs and _follows(part.place, runs[-1][0][1].place, runs[-1][-1][1].place):
            runs[-1].append((at, part))
        else:
            runs.append([(at, part)])
    return runs


def _follows(place: Slice, first: Slice, last: Slice) -> bool:
    is_next = place[:3] == last[:3] and place.offset == last.offset + last.length
    return is_next and place.offset + place.length - first.offset <= _MOST_BYTES


def _cut(content: bytes, start: int, part: Recorded) -> bytes | None:
    found = content[part.place.offset - start :][: part.place.length]
    return found if hashlib.sha256(found).hexdigest() == part.sha256 else None
