"""What both sandbox programs rest on: strict JSON and the store that groups commits."""

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest

from sandbox.serving.database import Database
from sandbox.serving.paging import make_page
from sandbox.serving.problems import MalformedJson, ValidationFailed
from sandbox.serving.settings import Settings, read_settings
from sandbox.serving.strict_json import decode

pytestmark = pytest.mark.fast


class Inner(msgspec.Struct, forbid_unknown_fields=True):
    tax: str


class Outer(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    lines: list[Inner] = []


def test_json_that_is_sound_becomes_a_value() -> None:
    assert decode('{"name": "湖北", "lines": [{"tax": "1.00"}]}'.encode(), Outer).name == "湖北"
    assert decode(rb'{"name": "\ud83d\ude00"}', Outer).name == "😀"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"name": "a", "name": "b"}',
        b'{"name": 1.5}',
        b'{"name": NaN}',
        b'{"name": Infinity}',
        rb'{"name": "\ud800"}',
        rb'{"name": "a\u0000b"}',
        b'{"name": "a\x00b"}',
        b"\xef\xbb\xbf{}",
        '{"name": "a"}'.encode("utf-16"),
        b'{"name": "\xff"}',
        b"[" * 100_000,
        b"1" * 10_000,
    ],
    ids=lambda body: repr(body[:24]),
)
def test_json_that_is_unsound_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        decode(body, Outer)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b"[]", ""),
        (b'{"name": 1}', "/name"),
        (b'{"name": "a", "lines": [{"tax": "1"}, {"tax": 2}]}', "/lines/1/tax"),
        (b'{"name": "a", "other": 1}', ""),
    ],
)
def test_json_with_bad_content_points_to_the_field(body: bytes, pointer: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        decode(body, Outer)
    assert caught.value.pointer == pointer


def test_page_with_more_entries_than_the_limit_has_a_cursor() -> None:
    entries = [(place, {"place": place}) for place in (3, 5, 9)]
    assert make_page(entries, 2).next_cursor == "5"
    assert make_page(entries, 3).next_cursor is None


def test_settings_missing_or_wrong_name_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OFP_HTTP_PORT", raising=False)
    with pytest.raises(SystemExit, match="http_port"):
        read_settings(Settings)


ADD = "insert into numbers (value) values (?)"


async def test_database_task_that_fails_undoes_only_itself(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3", "create table numbers (value integer primary key)")

    def add_twice(tx: sqlite3.Connection) -> None:
        tx.execute(ADD, (100,))
        tx.execute(ADD, (1,))

    try:
        results = await asyncio.gather(
            *(
                database.write(lambda tx, value=value: tx.execute(ADD, (value,)).rowcount)
                for value in range(50)
            ),
            database.write(add_twice),
            return_exceptions=True,
        )
        assert results[:50] == [1] * 50
        assert isinstance(results[50], sqlite3.IntegrityError)
        assert await database.read(lambda tx: tx.execute("select count(*) from numbers").fetchone()) == (50,)
    finally:
        database.close()


async def test_database_caller_that_leaves_harms_nobody(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.sqlite3", "create table numbers (value integer primary key)")
    try:
        leaving = asyncio.create_task(database.write(lambda tx: tx.execute(ADD, (1,)).rowcount))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await database.write(lambda tx: tx.execute(ADD, (2,)).rowcount) == 1
    finally:
        database.close()


async def test_database_that_cannot_commit_tells_every_caller(tmp_path: Path) -> None:
    schema = (
        "create table parents (id integer primary key); create table children (parent integer references "
        "parents (id) deferrable initially deferred); create table numbers (value integer primary key)"
    )
    database = Database(tmp_path / "x.sqlite3", schema)
    try:
        await database.write(lambda tx: tx.execute(ADD, (1,)).rowcount)
        database._writer.execute("pragma foreign_keys = on")
        orphan = database.write(lambda tx: tx.execute("insert into children values (7)").rowcount)
        with pytest.raises(sqlite3.IntegrityError):
            await orphan
        assert await database.write(lambda tx: tx.execute(ADD, (2,)).rowcount) == 1
    finally:
        database.close()
