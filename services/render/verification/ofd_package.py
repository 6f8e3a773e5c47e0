"""An OFD package from a stranger: its parts within limits, and the text of a page with positions."""

import re
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from services.render.verification.fields import PACKAGE
from services.render.verification.places import Glyph
from services.render.verification.unreadable import Unreadable
from services.render.verification.xml_tree import Tree

MOST_PARTS = 2_000
MOST_BYTES = 64 * 1024 * 1024
MOST_RATIO = 200
# Small parts may shrink more than that without harm.
SMALL_BYTES = 64 * 1024
MOST_DESCRIPTOR_BYTES = 24
_PROPERTIES = {
    "发票代码": "/code",
    "发票号码": "/number",
    "开票日期": "/issue_date",
    "合计金额": "/totals/amount",
    "合计税额": "/totals/tax",
    "购买方纳税人识别号": "/buyer/tax_id",
    "销售方纳税人识别号": "/seller/tax_id",
}
# What zipfile raises for broken, encrypted and unusually packed entries.
_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
    EOFError,
    OSError,
)
_TEXT = re.compile(r"(.*/TextObject(?:\[\d+\])?)/(.*)")


def read_package(content: bytes) -> dict[str, bytes]:
    """Every part by its path; raises Unreadable before anything large is unpacked."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            entries = package.infolist()
            _check_entries(entries)
            _check_gaps(content, entries, package.start_dir)
            return {entry.filename: _read(package, entry) for entry in entries if not entry.is_dir()}
    except _DAMAGES:
        raise _damaged() from None


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    names = {_checked_name(entry.filename) for entry in entries}
    if len(entries) > MOST_PARTS or len(names) != len(entries):
        raise Unreadable("The OFD has too many parts, or one twice.", "OFD 的部件过多或重复。")
    if sum(entry.file_size for entry in entries) > MOST_BYTES or any(map(_is_bomb, entries)):
        raise Unreadable("The OFD unpacks to more than any invoice.", "OFD 解压后大于任何发票。")
    if "OFD.xml" not in names:
        raise Unreadable("The archive is no OFD: OFD.xml is missing.", "该压缩包不是 OFD：缺少 OFD.xml。")


def _check_gaps(content: bytes, entries: list[zipfile.ZipInfo], directory: int) -> None:
    """Nothing lies between the entries: a reader that does not begin with the directory would take it for a part."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        _check_gap(entry.header_offset - end)
        lengths = struct.unpack_from("<2H", content, entry.header_offset + 26)
        end = entry.header_offset + 30 + sum(lengths) + entry.compress_size
    _check_gap(directory - end)


def _check_gap(length: int) -> None:
    """What describes the entry before may stand there (APPNOTE 4.3.9)."""
    if not 0 <= length <= MOST_DESCRIPTOR_BYTES:
        raise Unreadable(
            "The OFD holds parts that its directory does not name.", "OFD 含有目录未列出的部件。"
        )


def _checked_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or len(name) > 200:
        raise Unreadable("A part of the OFD has a path that leads out of it.", "OFD 中有部件的路径越出包外。")
    return name


def _is_bomb(entry: zipfile.ZipInfo) -> bool:
    return entry.file_size > SMALL_BYTES and entry.file_size > MOST_RATIO * max(entry.compress_size, 1)


def _read(package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """What the directory says about the size is not believed."""
    with package.open(entry) as part:
        content = part.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise _damaged()
    return content


def _damaged() -> Unreadable:
    return Unreadable("The OFD is damaged, incomplete or encrypted.", "OFD 已损坏、不完整或已加密。")


def read_text(tree: Tree) -> list[Glyph]:
    """The text objects of a page's content (GB/T 33190 11.2), without white space."""
    objects: dict[str, dict[str, str]] = {}
    for path, value in tree.values.items():
        if found := _TEXT.fullmatch(path):
            objects.setdefault(found[1], {})[found[2]] = value
    return [glyph for each in objects.values() for glyph in _glyphs(each)]


def _glyphs(text: dict[str, str]) -> list[Glyph]:
    """Of the first TextCode; a second one is no custom of ours and is seen as another page content."""
    try:
        left, top = _numbers(text["@Boundary"])[:2]
        a, b, c, d, e, f = _numbers(text.get("@CTM", "1 0 0 1 0 0"))
        x, y = float(text.get("TextCode/@X", "0")), float(text.get("TextCode/@Y", "0"))
        size = float(text.get("@Size", "3"))
    except (KeyError, ValueError):
        raise Unreadable("A text of the OFD has no place.", "OFD 中的文字缺少位置。") from None
    glyphs = []
    characters = text.get("TextCode", "")
    for character, shift in zip(characters, [0.0, *_shifts(text, len(characters), size)], strict=False):
        x += shift
        glyphs.append(Glyph(left + a * x + c * y + e, top + b * x + d * y + f, character))
    return [glyph for glyph in glyphs if not glyph.character.isspace()]


def _shifts(text: dict[str, str], count: int, size: float) -> list[float]:
    """The advances; `g n v` stands for n times v (8.3.2)."""
    shifts: list[float] = []
    words = iter(text.get("TextCode/@DeltaX", "").split())
    try:
        for word in words:
            times = int(next(words)) if word == "g" else 1
            shifts += [float(next(words) if word == "g" else word)] * min(times, count)
    except (StopIteration, ValueError):
        raise Unreadable("A text of the OFD has no advances.", "OFD 中文字的间距不正确。") from None
    return shifts[:count] + [size] * (count - len(shifts))


def _numbers(text: str) -> list[float]:
    return [float(word) for word in text.split()]


def differing_properties(mine: Tree, theirs: Tree) -> list[str]:
    """Pointers of what OFD.xml says of the invoice (CustomData beside its Name), or of the package as a whole."""
    names = {
        path.removesuffix("/@Name"): name for path, name in mine.values.items() if path.endswith("/@Name")
    }
    paths = [path for path in mine.values | theirs.values if mine.values.get(path) != theirs.values.get(path)]
    return list(dict.fromkeys(_PROPERTIES.get(names.get(path, ""), PACKAGE) for path in paths))
