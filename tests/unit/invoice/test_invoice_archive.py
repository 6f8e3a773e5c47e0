"""The archive's writer: complete ZIPs whose directory takes no memory."""

import tracemalloc
import zipfile
from pathlib import Path

import pytest

from services.invoice.exports.spooled_zip import open_spooled_zip

pytestmark = pytest.mark.fast


def write(path: Path, count: int) -> None:
    with (path.parent / "entries").open("w+b") as spool, open_spooled_zip(path, spool) as archive:
        for number in range(count):
            archive.writestr(f"文件/{number:06d}.pdf", b"x")
        with archive.open("streamed", "w", force_zip64=True) as file:
            file.write(b"in parts")


def test_spooled_zip_is_read_by_the_standard_library(tmp_path: Path) -> None:
    write(tmp_path / "a.zip", 3)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.testzip() is None
        assert archive.namelist() == [*(f"文件/{number:06d}.pdf" for number in range(3)), "streamed"]
        assert archive.read("streamed") == b"in parts"


def test_spooled_zip_memory_does_not_grow_with_its_entries(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        write(tmp_path / "a.zip", 3000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 400_000


def test_spooled_zip_of_more_than_65535_entries_is_read_by_the_standard_library(tmp_path: Path) -> None:
    write(tmp_path / "a.zip", 66_000)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert len(archive.infolist()) == 66_001
        assert archive.read("文件/065999.pdf") == b"x"


def test_spooled_zip_beyond_four_gigabytes_is_read_by_the_standard_library(tmp_path: Path) -> None:
    """A hole stands for the documents before: it takes no room on disk."""
    path, beyond = tmp_path / "a.zip", 5 << 30
    with (tmp_path / "entries").open("w+b") as spool, open_spooled_zip(path, spool) as archive:
        archive.writestr("first", b"1")
        archive.start_dir = beyond
        archive.writestr("last", b"2")
    assert path.stat().st_size > beyond
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo("last").header_offset == beyond
        assert (archive.read("first"), archive.read("last")) == (b"1", b"2")
