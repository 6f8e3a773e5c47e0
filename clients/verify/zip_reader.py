"""Reads a ZIP of any size entry by entry: its directory is walked on disk, and no entry is held in memory.

Only what can be read in one way is read: stored or deflated entries, whole, in one file. Nothing is ever extracted.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

CHUNK_BYTES = 256 * 1024
# Tables and manifests are packed to a tenth at best; what grows far more is meant to fill a disk.
MOST_RATIO = 200
FREE_BYTES = 1024 * 1024

_END = struct.Struct("<4s4H2LH")
_END64_PLACE = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_DIRECTORY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED, _DEFLATED = 0, 8
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF


class BadZip(ValueError):  # noqa: N818
    """Cut off, damaged, or of a kind that is not read here."""


class Bomb(ValueError):  # noqa: N818
    """The entry grows beyond all measure."""


class Entry(NamedTuple):
    """One file as the directory tells of it."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


class ZipReader:
    """Walks the directory and reads entries; `file` must be seekable."""

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("rb")
        self._length = path.stat().st_size

    def close(self) -> None:
        self._file.close()

    def entries(self) -> Iterator[Entry]:
        """In the order of the directory. Raises BadZip, at the latest where entries share bytes."""
        start, end, count = self._find_directory()
        position, packed = start, 0
        for _ in range(count):
            entry, position = self._read_entry(position)
            packed += entry.packed
            if packed > start:
                raise BadZip("entries overlap")
            yield entry
        if position != end:
            raise BadZip("there is more in the directory than it counts")

    def _read(self, position: int, length: int) -> bytes:
        if position < 0:
            raise BadZip("cut off")
        self._file.seek(position)
        content = self._file.read(length)
        if len(content) != length:
            raise BadZip("cut off")
        return content

    def _find_directory(self) -> tuple[int, int, int]:
        """Where it begins and ends, and how many entries it has. Nothing may come behind it, not even a comment."""
        end = self._length - _END.size
        mark, _, _, _, count, length, start, _ = _END.unpack(self._read(end, _END.size))
        if mark != b"PK\5\6":
            raise BadZip("it does not end with a directory")
        if _FULL16 in {count, length} or _FULL32 in {length, start}:
            mark, _, wide, _ = _END64_PLACE.unpack(self._read(end - _END64_PLACE.size, _END64_PLACE.size))
            if mark == b"PK\6\7":
                end = wide
                mark, *_, count, _, start = _END64.unpack(self._read(end, _END64.size))
        return start, end, count

    def _read_entry(self, position: int) -> tuple[Entry, int]:
        """The entry at `position` of the directory, and where the next one begins."""
        fields = _DIRECTORY.unpack(self._read(position, _DIRECTORY.size))
        mark, _, _, flags, method = fields[:5]
        crc, packed, size, name_length, extra_length, comment_length = fields[7:13]
        if mark != b"PK\1\2" or flags & 1 or method not in {_STORED, _DEFLATED}:
            raise BadZip("an entry that cannot be read")
        rest = self._read(position + _DIRECTORY.size, name_length + extra_length)
        try:
            name = rest[:name_length].decode("utf-8" if flags & 0x800 else "ascii")
        except UnicodeDecodeError:
            raise BadZip("a name that cannot be read") from None
        size, packed, offset = _widen(rest[name_length:], size, packed, fields[-1])
        end = position + _DIRECTORY.size + len(rest) + comment_length
        return Entry(name, method, crc, packed, size, offset), end

    def read(self, entry: Entry) -> Iterator[bytes]:
        """Its content in pieces. Raises BadZip, or Bomb as soon as it is one."""
        mark, *_, name_length, extra_length = _LOCAL.unpack(self._read(entry.offset, _LOCAL.size))
        start = entry.offset + _LOCAL.size
        if mark != b"PK\3\4" or self._read(start, name_length) != entry.name.encode():
            raise BadZip("directory and entry disagree")
        start += name_length + extra_length
        pieces = (
            self._read(at, min(CHUNK_BYTES, start + entry.packed - at))
            for at in range(start, start + entry.packed, CHUNK_BYTES)
        )
        return _checked(_inflate(pieces, entry) if entry.method == _DEFLATED else pieces, entry)


def _widen(extra: bytes, *short: int) -> list[int]:
    """Size, packed size and offset, from the ZIP64 field where the short ones are full."""
    wide: Iterator[int] = iter(())
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        if kind == 1:
            wide = (number for (number,) in struct.iter_unpack("<Q", extra[4 : 4 + length // 8 * 8]))
        extra = extra[4 + length :]
    widened = [next(wide, None) if number == _FULL32 else number for number in short]
    if None in widened:
        raise BadZip("a size is missing")
    return [number for number in widened if number is not None]


def _checked(pieces: Iterator[bytes], entry: Entry) -> Iterator[bytes]:
    """Against accidents; who means to alter something alters the checksum, too."""
    crc = size = 0
    for piece in pieces:
        crc, size = zlib.crc32(piece, crc), size + len(piece)
        yield piece
    if (crc, size) != (entry.crc, entry.size):
        raise BadZip("an entry does not have its checksum")


def _inflate(pieces: Iterator[bytes], entry: Entry) -> Iterator[bytes]:
    inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    most = FREE_BYTES + MOST_RATIO * entry.packed
    for piece in pieces:
        rest = piece
        while rest:
            try:
                content = inflater.decompress(rest, CHUNK_BYTES)
            except zlib.error as error:
                raise BadZip(str(error)) from None
            total += len(content)
            if total > most:
                raise Bomb(f"{total} of {entry.packed} bytes")
            yield content
            rest = inflater.unconsumed_tail
    if not inflater.eof:
        raise BadZip("an entry is cut off")
