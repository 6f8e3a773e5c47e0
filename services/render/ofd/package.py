"""The ZIP file that an OFD is: parts packed once and put together, the same bytes for the same parts (APPNOTE 6.3)."""

from collections.abc import Iterable
from struct import Struct
from typing import NamedTuple

from isal import isal_zlib

LEVEL = 1  # measured: the other levels cost more and save nothing
_RAW = -15  # deflate without a header
_VERSION, _DEFLATED = 20, 8
_MIDNIGHT, _FIRST_DAY = 0, 0x21  # 1 January 1980, the first day that the format knows

_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END = Struct("<4s4H2IH")


class Part(NamedTuple):
    """A file of the package, deflated; `about` is what both its headers say."""

    name: bytes
    packed: bytes
    about: tuple[int, ...]


def make_part(name: str, content: bytes) -> Part:
    """Pack one file; its name is ASCII."""
    packer = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, _RAW)
    packed = packer.compress(content) + packer.flush()
    encoded = name.encode("ascii")
    sizes = (isal_zlib.crc32(content), len(packed), len(content), len(encoded))
    return Part(encoded, packed, (_VERSION, 0, _DEFLATED, _MIDNIGHT, _FIRST_DAY, *sizes, 0))


def write_package(parts: Iterable[Part]) -> bytes:
    """The file with its parts in the order given."""
    written, directory, offset = [], [], 0
    for part in parts:
        local = _LOCAL.pack(b"PK\3\4", *part.about) + part.name
        entry = _CENTRAL.pack(b"PK\1\2", _VERSION, *part.about, 0, 0, 0, 0, offset)
        written += [local, part.packed]
        directory.append(entry + part.name)
        offset += len(local) + len(part.packed)
    entries = b"".join(directory)
    count = len(directory)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(entries), offset, 0)
    return b"".join([*written, entries, end])
