"""How pages look: compared with pictures that a person has seen.

`UPDATE_GOLDEN=1 pytest tests/unit/render/test_pdf_golden.py` draws them anew; look at them before committing.
"""

import os
import struct
import zlib
from operator import sub
from pathlib import Path

import pytest

from services.render.pdf.document import render_pdf
from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.poppler import Picture, picture_of, run
from tests.unit.render.samples import hard_invoices, make_invoice, worked_invoices

pytestmark = pytest.mark.fast
TAX_CONTROL = {f"tax_control_{name}": invoice for name, invoice in tax_control_invoices().items()}
INVOICES = hard_invoices() | worked_invoices() | business_invoices() | TAX_CONTROL
FOLDER = Path(__file__).parents[2] / "golden"
GOLDEN = [
    ("W01", 1),
    ("W10", 1),
    ("long_names", 1),
    ("longest_cells", 1),
    ("print_everything", 1),
    ("two_pages", 2),
    ("remarks_full", 1),
    ("remarks_continued", 2),
    ("dry_run", 1),
    ("construction", 1),
    ("freight", 1),
    ("passengers_many", 2),
    ("sale_together", 1),
    ("lease", 1),
    ("tax_control_ordinary", 1),
    ("tax_control_special", 1),
    ("tax_control_paper_ordinary", 1),
    ("tax_control_red", 1),
    ("tax_control_voided", 1),
    ("tax_control_long", 1),
    ("tax_control_long", 2),
    ("tax_control_listed", 1),
    ("tax_control_listed", 4),
    ("tax_control_freight_listed", 2),
]
TILE = 40
TOLERANCE = 8  # mean difference of a tile, of 255: above what anti-aliasing does, below a displaced word


@pytest.mark.parametrize(("name", "page"), GOLDEN)
def test_golden_page_looks_as_before(name: str, page: int, tmp_path: Path) -> None:
    invoice = INVOICES[name]
    picture = picture_of(render_pdf(invoice), tmp_path, page)
    path = FOLDER / f"{name}-{page}.png"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(encode_png(picture))
    assert worst_tile(picture, decode_png(path.read_bytes())) < TOLERANCE


def test_page_rules_are_maroon_and_values_black(tmp_path: Path) -> None:
    pixels = run("pdftoppm", "-r", "300", "@", document=render_pdf(make_invoice()), folder=tmp_path)
    width, height = map(int, pixels.split(maxsplit=3)[1:3])
    body = pixels[-width * height * 3 :]

    def colour(x: float, y: float) -> tuple[int, ...]:
        start = (round(y / 25.4 * 300) * width + round(x / 25.4 * 300)) * 3
        return tuple(body[start : start + 3])

    assert colour(4.5, 80) == (128, 0, 0)
    assert colour(205.85, 40) == (246, 237, 225)
    assert colour(205.85, 100) == (118, 89, 84)
    assert min(body) == 0
    assert colour(100, 80) == (255, 255, 255)


def worst_tile(one: Picture, other: Picture) -> float:
    """The largest mean difference of a tile."""
    assert (one.width, one.height) == (other.width, other.height)
    worst = 0.0
    for top in range(0, one.height - TILE, TILE):
        sums = [0] * (one.width // TILE)
        for y in range(top, top + TILE):
            start = y * one.width
            rows = one.pixels[start : start + one.width], other.pixels[start : start + one.width]
            if rows[0] != rows[1]:
                differences = list(map(abs, map(sub, *rows)))
                sums = [s + sum(differences[i * TILE : (i + 1) * TILE]) for i, s in enumerate(sums)]
        worst = max(worst, *(total / TILE**2 for total in sums))
    return worst


def encode_png(picture: Picture) -> bytes:
    """A picture in 16 greys, rows unfiltered."""
    rows = []
    for start in range(0, len(picture.pixels), picture.width):
        row = picture.pixels[start : start + picture.width] + b"\0"
        pairs = zip(row[: picture.width : 2], row[1::2], strict=False)
        rows.append(b"\0" + bytes((left & 0xF0) | (right >> 4) for left, right in pairs))
    head = struct.pack(">IIBBBBB", picture.width, picture.height, 4, 0, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


def decode_png(png: bytes) -> Picture:
    """What encode_png wrote."""
    width, height = struct.unpack(">II", png[16:24])
    length = struct.unpack(">I", png[33:37])[0]
    packed = zlib.decompress(png[41 : 41 + length])
    stride = (width + 1) // 2 + 1
    pixels = bytearray()
    for start in range(0, len(packed), stride):
        nibbles = packed[start + 1 : start + stride].hex()
        pixels += bytes(int(nibble, 16) * 17 for nibble in nibbles[:width])
    return Picture(width, height, bytes(pixels))
