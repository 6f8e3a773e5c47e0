"""The reader of archives: what the standard library writes, what is meant to do harm, and memory that stays flat."""

import random
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from clients.verify.zip_reader import BadZip, Bomb, ZipReader

pytestmark = pytest.mark.fast

LOTS = random.Random(7)  # noqa: S311 - damage that is the same every time


def read_all(path: Path) -> dict[str, bytes]:
    reader = ZipReader(path)
    try:
        return {entry.name: b"".join(reader.read(entry)) for entry in reader.entries()}
    finally:
        reader.close()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archive_of_the_standard_library_is_read(compression: int, tmp_path: Path) -> None:
    files = {"空.txt": b"", "a/b.bin": LOTS.randbytes(700_000), "文件.csv": b"1,2\n" * 100_000}
    with zipfile.ZipFile(tmp_path / "a.zip", "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert read_all(tmp_path / "a.zip") == files


def test_archive_with_wide_sizes_is_read(tmp_path: Path) -> None:
    """ZIP64 fields, as the platform writes them for tables whose size is not known beforehand."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        with archive.open("table.csv", "w", force_zip64=True) as file:
            file.write(b"content")
        archive.writestr("other", b"other")
    assert read_all(tmp_path / "a.zip") == {"table.csv": b"content", "other": b"other"}


def test_archive_of_more_than_65535_entries_is_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(66_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    reader = ZipReader(tmp_path / "a.zip")
    assert sum(1 for _ in reader.entries()) == 66_000
    reader.close()


def test_entry_that_grows_beyond_all_measure_is_a_bomb(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(64 * 1024 * 1024))
    reader = ZipReader(tmp_path / "a.zip")
    [entry] = reader.entries()
    tracemalloc.start()
    with pytest.raises(Bomb):
        for _ in reader.read(entry):
            pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    reader.close()
    assert most < 4 * 1024 * 1024


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """As in archives where thousands of entries of the directory lead to one packed kernel."""
    kernel = zlib.compress(bytes(100_000), 9)[2:-4]
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(kernel), 100_000, 1, 0) + b"a" + kernel
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 8, 0, 0, 0, len(kernel), 100_000, 1, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + b"a") * 50
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 50, 50, len(directory), len(local), 0)
    (tmp_path / "a.zip").write_bytes(local + directory + end)
    reader = ZipReader(tmp_path / "a.zip")
    with pytest.raises(BadZip, match="overlap"):
        list(reader.entries())
    reader.close()


@pytest.mark.parametrize("behind", [b"x", b"PK\5\6" + bytes(18)])
def test_archive_with_bytes_behind_its_directory_is_refused(behind: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one", b"content")
    path.write_bytes(path.read_bytes() + behind)
    with pytest.raises(BadZip):
        read_all(path)


def test_directory_that_has_more_than_it_counts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one", b"content")
        archive.writestr("two", b"content")
    content = bytearray(path.read_bytes())
    content[-12] = 1
    path.write_bytes(content)
    with pytest.raises(BadZip, match="more"):
        read_all(path)


def test_directory_and_entry_that_disagree_about_the_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one", b"content")
    path.write_bytes(path.read_bytes().replace(b"one", b"two", 1))
    with pytest.raises(BadZip, match="disagree"):
        read_all(path)


def test_encrypted_entry_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one", b"content")
    content = bytearray(path.read_bytes())
    content[content.rfind(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(BadZip, match="cannot be read"):
        read_all(path)


def test_garbage_is_never_more_than_a_bad_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("one", "two"):
            archive.writestr(name, LOTS.randbytes(300))
    whole = path.read_bytes()
    for _ in range(2000):
        content = bytearray(whole)
        for _ in range(LOTS.randint(1, 6)):
            content[LOTS.randrange(len(content))] = LOTS.randrange(256)
        path.write_bytes(content[: LOTS.randint(0, len(content))] if LOTS.random() < 0.3 else content)
        try:
            read_all(path)
        except (BadZip, Bomb):
            continue
