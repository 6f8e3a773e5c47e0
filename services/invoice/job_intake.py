"""Takes in the body of a bulk job: to disk while it arrives, then into the database in pieces; never held whole."""

import hashlib
import tempfile
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import IO

from fastapi import Request
from msgspec import Struct

from libs.common.problems import UnsupportedMediaType
from services.invoice.domain.job import BLOCK_BYTES, BLOCK_ROWS, MOST_ROWS, Block, JobFormat
from services.invoice.errors import JobHasNoRows, TableUnreadable, TooManyRows

MOST_BYTES = 64 * 1024 * 1024
PIECE_BYTES = 1024 * 1024

MEDIA_TYPES = {
    "application/x-ndjson": JobFormat.NDJSON,
    "application/jsonl": JobFormat.NDJSON,
    "text/csv": JobFormat.CSV,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": JobFormat.XLSX,
}
# 100,000 rows of all columns have about half as much.
MOST_UNPACKED_BYTES = 300 * 1024 * 1024
_MOST_ENTRIES = 1000
_BOM = b"\xef\xbb\xbf"
_IN_MEMORY = 256 * 1024


class Upload(Struct):
    """A body on disk; `digest` is its SHA-256."""

    file: IO[bytes]
    digest: bytes
    size: int


def read_format(request: Request) -> JobFormat:
    """By the content type; raises UnsupportedMediaType. A charset is not asked: tables say it themselves."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    found = MEDIA_TYPES.get(media_type)
    if found is None or request.headers.get("content-encoding", "identity") != "identity":
        accepted = ", ".join(kind for kind in MEDIA_TYPES if kind != "application/jsonl")
        raise UnsupportedMediaType(f"Send one of: {accepted}.", detail_zh=f"请使用以下类型之一：{accepted}。")
    return found


@asynccontextmanager
async def receive(request: Request) -> AsyncIterator[Upload]:
    """The whole body; it is gone when the block ends."""
    digest = hashlib.sha256()
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        size = 0
        async for piece in request.stream():
            digest.update(piece)
            file.write(piece)
            size += len(piece)
        file.seek(0)
        yield Upload(file, digest.digest(), size)


def count_lines(file: IO[bytes]) -> int:
    """Lines that are not blank; raises JobHasNoRows, TooManyRows."""
    count = 0
    for line in file:
        count += not line.isspace()
        if count > MOST_ROWS:
            raise TooManyRows(limit=MOST_ROWS)
    if count == 0:
        raise JobHasNoRows
    file.seek(0)
    return count


def cut_lines(file: IO[bytes]) -> Iterator[Block]:
    """JSON lines as blocks; rows are counted from 1, blank lines are none."""
    rows: list[int] = []
    lines: list[bytes] = []
    row = size = 0
    for raw in file:
        line = raw.removeprefix(_BOM).strip() if row == 0 else raw.strip()
        if not line:
            continue
        if lines and (len(lines) == BLOCK_ROWS or size + len(line) > BLOCK_BYTES):
            yield Block(tuple(rows), tuple(lines))
            rows, lines, size = [], [], 0
        row += 1
        rows.append(row)
        lines.append(line)
        size += len(line)
    if lines:
        yield Block(tuple(rows), tuple(lines))


def check_table(file: IO[bytes], sent_as: JobFormat) -> None:
    """What shows without reading it; raises JobHasNoRows, TableUnreadable."""
    if not file.read(1):
        raise JobHasNoRows
    file.seek(0)
    if sent_as is not JobFormat.XLSX:
        return
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError):
        raise TableUnreadable from None
    if not any(entry.filename.lower() == "xl/workbook.xml" for entry in entries):
        raise TableUnreadable
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MOST_ENTRIES or unpacked > MOST_UNPACKED_BYTES:
        raise TableUnreadable(
            f"Unpacked, the file has {unpacked} bytes in {len(entries)} entries.",
            detail_zh=f"解压后共 {unpacked} 字节、{len(entries)} 个条目，超过允许的大小。",
        )
    file.seek(0)


def cut_pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes in order."""
    while piece := file.read(PIECE_BYTES):
        yield piece
