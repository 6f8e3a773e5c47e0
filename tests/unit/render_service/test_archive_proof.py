"""The start-up proof: an archive whose documents could be deleted is refused, an absent one is awaited."""

from datetime import timedelta
from typing import Any

import pytest
from minio.error import S3Error

from libs.common.object_store import StoreUnavailable
from services.render.archive import Archive

pytestmark = pytest.mark.fast


def _unavailable(cause: BaseException) -> StoreUnavailable:
    error = StoreUnavailable()
    error.__cause__ = cause
    return error


def _refusal(code: str) -> StoreUnavailable:
    return _unavailable(S3Error(None, code, "message", "resource", "request", "host"))  # type: ignore[arg-type]


class _Store:
    """Answers as told: the outcome of each call is a value or an error to raise."""

    def __init__(self, *, put: Any = "v1", delete: Any = None, read: Any = b"locked") -> None:
        self._put, self._delete, self._read = put, delete, read

    async def make_bucket(self, bucket: str) -> None:
        pass

    async def put_locked(self, *_: Any, **__: Any) -> str:
        return str(self._answer(self._put))

    async def delete_version(self, *_: Any) -> None:
        self._answer(self._delete)

    async def read(self, *_: Any, **__: Any) -> bytes:
        return bytes(self._answer(self._read))

    @staticmethod
    def _answer(outcome: Any) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def _archive(store: _Store) -> Archive:
    return Archive(store, "documents", timedelta(days=1))  # type: ignore[arg-type]


async def test_proof_deletion_is_refused_opens_the_archive() -> None:
    archive = _archive(_Store(delete=_refusal("AccessDenied")))
    assert await archive.prove() is False
    assert archive.is_proven.is_set()


async def test_proof_deletion_succeeds_ends_the_process() -> None:
    archive = _archive(_Store())
    with pytest.raises(SystemExit, match=r"can be deleted.*object lock"):
        await archive.prove()
    assert not archive.is_proven.is_set()


@pytest.mark.parametrize("error", [_refusal("InvalidRequest"), StoreUnavailable("keeps no versions")])
async def test_proof_bucket_takes_no_locks_ends_the_process(error: StoreUnavailable) -> None:
    with pytest.raises(SystemExit):
        await _archive(_Store(put=error)).prove()


async def test_proof_store_away_is_tried_again() -> None:
    lost = _unavailable(ConnectionRefusedError())
    with pytest.raises(StoreUnavailable):
        await _archive(_Store(put=lost)).prove()


async def test_proof_connection_lost_while_deleting_proves_nothing() -> None:
    lost = _unavailable(ConnectionResetError())
    archive = _archive(_Store(delete=lost, read=lost))
    with pytest.raises(StoreUnavailable):
        await archive.prove()
    assert not archive.is_proven.is_set()
