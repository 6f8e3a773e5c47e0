"""Locks of archived objects: short at first, long once documents refer to them; orphans go, and nothing else."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from minio import Minio

from deploy.local.process import wait_until
from libs.common.clock import SHANGHAI, utc_now
from libs.common.db import transaction
from libs.common.ids import TenantId, new_id
from libs.common.object_store import ObjectStore, StoreUnavailable
from services.render.archive import Archive
from services.render.commands import finish_documents
from services.render.domain import DocumentKey, StoredPack
from services.render.drawing import draw_documents
from services.render.retention.keeper import Keeper
from services.render.retention.terms import term_start
from services.render.seal import Sealer, read_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.rendering import PDF, SEAL_KEY, SHORT_LOCK, Issued, Rendering, issue, rendering
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server

pytestmark = pytest.mark.s3

LOAD_OBJECT = "select * from objects"
SECOND = timedelta(seconds=1)


@pytest.fixture
async def worker(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Rendering]:
    async with rendering(await database("render"), s3_server.url) as open_worker:
        yield open_worker


def _keeper(worker: Rendering, archive: Archive | None = None) -> Keeper:
    return Keeper(worker.pool, archive or worker.archive)


def _lock_of(worker: Rendering, row: Any) -> datetime:
    address = worker.settings.s3_url.removeprefix("http://")
    minio = Minio(address, ACCESS_KEY, PASSWORD, secure=False)
    names = (row["bucket"], row["object_key"], row["object_version_id"])
    retention = minio.get_object_retention(*names)
    assert retention is not None
    return retention.retain_until_date


async def _store_unrecorded(worker: Rendering, issued: Issued, *, lock: timedelta = SHORT_LOCK) -> StoredPack:
    """As a worker does that is killed before it can record what it has stored."""
    await worker.fetch("update documents set claimed_until = now() - interval '1 second'")
    renderer = worker.make_renderer()
    claimed = [one for one in await renderer._claim() if one.key.invoice == issued.id]
    [(pack, put)] = await renderer._plan(draw_documents(claimed, PDF, seconds=5).packs)
    return await worker.archive.store(pack, put._replace(locked_until=utc_now() + lock))


async def _let_puts_lapse(worker: Rendering) -> None:
    await worker.fetch("update puts set locked_until = now() - interval '1 day', swept_at = null")


async def _versions(worker: Rendering, stored: StoredPack) -> list[str]:
    return await worker.objects.list_versions(stored.put.bucket, stored.put.key)


async def test_lock_is_short_until_the_documents_are_recorded_and_long_after(worker: Rendering) -> None:
    await worker.consume(issue(TenantId(new_id())))
    await worker.render()
    [row] = await worker.fetch(LOAD_OBJECT)
    assert abs(_lock_of(worker, row) - row["locked_until"]) <= SECOND
    assert row["locked_until"] < row["retain_until"]
    await _keeper(worker).extend_locks()
    [after] = await worker.fetch(LOAD_OBJECT)
    assert after["locked_until"] == row["retain_until"]
    assert abs(_lock_of(worker, after) - row["retain_until"]) <= SECOND
    assert await _keeper(worker).extend_locks() is False


async def test_lock_that_is_longer_already_is_no_failure(worker: Rendering) -> None:
    await worker.consume(issue(TenantId(new_id())))
    await worker.render()
    keeper = _keeper(worker)
    await keeper.extend_locks()
    await worker.fetch(
        "update objects set locked_until = now(), retain_until = now() + interval '1 hour', next_attempt_at = now()"
    )
    await keeper.extend_locks()
    [row] = await worker.fetch(LOAD_OBJECT)
    assert row["locked_until"] == row["retain_until"]
    assert _lock_of(worker, row) > utc_now() + timedelta(hours=20)


async def test_lock_of_a_killed_workers_object_is_extended_by_the_next(worker: Rendering) -> None:
    """The archive is away when the first tries."""
    await worker.consume(issue(TenantId(new_id())))
    await worker.render()
    away = Archive(ObjectStore("http://127.0.0.1:9", ACCESS_KEY, PASSWORD), "documents", SHORT_LOCK)
    with pytest.raises(StoreUnavailable):
        await _keeper(worker, away).extend_locks()
    assert await _keeper(worker).extend_locks() is False
    await worker.fetch("update objects set next_attempt_at = now()")
    await _keeper(worker).extend_locks()
    [row] = await worker.fetch(LOAD_OBJECT)
    assert row["locked_until"] == row["retain_until"]


async def test_term_of_a_tenant_begins_with_the_year_after_the_issue(worker: Rendering) -> None:
    tenant, other = TenantId(new_id()), TenantId(new_id())
    await worker.fetch(
        "insert into retention_choices values ($1, $2, 10, 'user:1', 'r', now())", tenant, new_id()
    )
    real = replace(worker, retention=None)
    await real.consume(
        issue(tenant, issued_at="2026-12-31T15:59:59Z"), issue(other, issued_at="2026-12-31T16:00:00Z")
    )
    await real.render()
    rows = {row["tenant_id"]: row["retain_until"] for row in await worker.fetch(LOAD_OBJECT)}
    assert rows == {
        tenant: datetime(2037, 1, 1, tzinfo=SHANGHAI),
        other: datetime(2058, 1, 1, tzinfo=SHANGHAI),
    }


async def test_longer_term_reaches_old_objects_and_a_shorter_one_does_not(worker: Rendering) -> None:
    tenant = TenantId(new_id())
    real = replace(worker, retention=None)
    choice = "insert into retention_choices values ($1, $2, $3, 'user:1', 'r', now() - interval '1 hour')"
    await worker.fetch(choice, tenant, new_id(), 5)
    await real.consume(issue(tenant))
    await real.render()
    for years, kept in ((10, 10), (5, 10)):
        await worker.fetch(choice, tenant, new_id(), years)
        while await _keeper(worker).apply_choices():
            pass
        [row] = await worker.fetch(LOAD_OBJECT)
        assert (
            row["retain_until"].astimezone(SHANGHAI).year
            == row["term_starts_at"].astimezone(SHANGHAI).year + kept
        )
    assert await worker.fetch("select 1 from retention_choices where applied_at is null") == []


def test_term_starts_with_the_year_of_shanghai() -> None:
    assert term_start(datetime(2026, 12, 31, 16, tzinfo=UTC)) == datetime(2028, 1, 1, tzinfo=SHANGHAI)


async def test_orphan_is_removed_once_its_lock_has_run_out(worker: Rendering) -> None:
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    stored = await _store_unrecorded(worker, issued, lock=SECOND)
    await _keeper(worker).sweep_orphans()
    assert await _versions(worker, stored) == [stored.version_id]
    await _sweep_when_unlocked(worker)
    assert await _versions(worker, stored) == []
    assert await worker.fetch("select 1 from puts") == []


async def _sweep_when_unlocked(worker: Rendering) -> None:
    """Until nothing is left to be swept: the store's clock has to pass the second of the locks."""

    async def is_swept() -> bool:
        await _let_puts_lapse(worker)
        with suppress(StoreUnavailable):
            await _keeper(worker).sweep_orphans()
        return await worker.fetch("select 1 from puts") == []

    await wait_until(is_swept, 60, "the sweep")


async def test_sweep_never_removes_what_a_row_names(worker: Rendering) -> None:
    """Twice the same bytes: the orphan goes, the recorded version of the same key stays, though its lock is over."""
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    orphan = await _store_unrecorded(worker, issued, lock=SECOND)
    recorded = await _store_unrecorded(worker, issued, lock=SECOND)
    assert orphan.put.key == recorded.put.key
    assert await _record(worker, recorded)
    await _sweep_when_unlocked(worker)
    assert await _versions(worker, recorded) == [recorded.version_id]


async def test_sweep_goes_by_the_documents_where_the_objects_row_is_lost(worker: Rendering) -> None:
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    orphan = await _store_unrecorded(worker, issued, lock=SECOND)
    recorded = await _store_unrecorded(worker, issued, lock=SECOND)
    await _record(worker, recorded)
    await worker.fetch("delete from objects")
    await _sweep_when_unlocked(worker)
    assert await _versions(worker, orphan) == [recorded.version_id]


async def test_sweep_waits_for_another_put_of_the_same_bytes(worker: Rendering) -> None:
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    orphan = await _store_unrecorded(worker, issued, lock=SECOND)
    under_way = await _store_unrecorded(worker, issued, lock=SECOND)
    await worker.fetch("update puts set locked_until = now() - interval '1 day' where id = $1", orphan.put.id)
    await _keeper(worker).sweep_orphans()
    assert len(await _versions(worker, orphan)) == 2
    assert await _record(worker, under_way)


async def test_object_that_is_being_swept_cannot_be_recorded_any_more(worker: Rendering) -> None:
    """A worker that was frozen for longer than the short lock draws again instead of naming what is removed."""
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    stored = await _store_unrecorded(worker, issued, lock=SECOND)
    await _sweep_when_unlocked(worker)
    assert await _record(worker, stored) == set()
    assert [row["state"] for row in await worker.fetch("select state from documents")] == ["pending"]
    await worker.fetch("update documents set claimed_until = now()")
    await worker.render()
    assert [row["state"] for row in await worker.fetch("select state from documents")] == ["ready"]


async def test_object_of_which_the_sweep_has_only_begun_cannot_be_recorded(worker: Rendering) -> None:
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    stored = await _store_unrecorded(worker, issued)
    await worker.fetch("update puts set swept_at = now()")
    assert await _record(worker, stored) == set()


async def test_pack_of_documents_that_another_worker_finished_is_left_to_the_sweep(worker: Rendering) -> None:
    issued = issue(TenantId(new_id()))
    await worker.consume(issued)
    late = await _store_unrecorded(worker, issued)
    await worker.fetch("update documents set claimed_until = now()")
    await worker.render()
    assert await _record(worker, late) == set()
    assert [row["id"] for row in await worker.fetch("select id from puts")] == [late.put.id]
    assert len(await worker.fetch(LOAD_OBJECT)) == 1


async def _record(worker: Rendering, stored: StoredPack) -> set[DocumentKey]:
    sealer = Sealer(read_key(SEAL_KEY))
    async with transaction(worker.pool) as tx:
        return await finish_documents(
            tx, [stored], [], sealer=sealer, retention=timedelta(days=1), now=utc_now()
        )
