"""A ZIP whose directory lies on disk while it is written: the standard writer keeps it in memory until the end."""

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO


class _SpooledEntries:
    """Stands for the list of entries of a ZipFile, which appends to it and walks it once when it is closed."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._count = file, 0

    def append(self, entry: zipfile.ZipInfo) -> None:
        pickle.dump(entry, self._file)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[zipfile.ZipInfo]:
        self._file.seek(0)
        for _ in range(self._count):
            yield pickle.load(self._file)  # noqa: S301 - written above, in a file of our own


class _NoNames(dict[str, Any]):
    """Names are not looked up while the archive is written."""

    def __setitem__(self, name: str, entry: object) -> None:
        pass


def open_spooled_zip(path: Path, spool: BinaryIO) -> zipfile.ZipFile:
    """For writing only; the names must differ. `spool` stays open until the archive is closed."""
    archive: Any = zipfile.ZipFile(path, "w")
    archive.filelist, archive.NameToInfo = _SpooledEntries(spool), _NoNames()
    opened: zipfile.ZipFile = archive
    return opened
