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
