"""Alters real documents as a forger would: one value, everything else as it was."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable

import pypdfium2 as pdfium

from tests.unit.render.pdf_reader import Pdf

_FILTER = b"/Filter/FlateDecode"


def alter_text(content: bytes, old: str, new: str) -> bytes:
    """Every occurrence in a text file; there must be one."""
    assert old.encode() in content
    return content.replace(old.encode(), new.encode())


def alter_pdf(pdf: bytes, old: str, new: str, *, occurrence: int = 0) -> bytes:
    """What a page shows as `old`: the codes of its glyphs are replaced in the content stream.

    The characters of `new` must stand somewhere in the same font.
    """
    reader = Pdf(pdf)
    codes = [
        {text: f"{cid:04X}" for text, cid in _codes(reader, number).items()}
        for number in reader.fonts().values()
    ]
    found = 0
    for number, each in enumerate(reader.objects, 1):
        if b"stream\n" not in each or _FILTER not in each.partition(b"stream\n")[0]:
            continue
        stream = reader.stream(number)
        for table in codes:
            if not set(old + new) <= table.keys():
                continue
            before, after = _encode(old, table), _encode(new, table)
            if before in stream and b" Tf" in stream:
                if found == occurrence:
                    return _replace_stream(pdf, each, stream.replace(before, after, 1))
                found += 1
    raise AssertionError(f"{old} is not shown")


def _encode(text: str, table: dict[str, str]) -> bytes:
    return f"<{''.join(table[character] for character in text)}>".encode()


def _codes(reader: Pdf, font: int) -> dict[str, int]:
    return {text: int(code, 16) for code, text in reader._unicode(font).items()}


def append_content(pdf: bytes, operators: bytes) -> bytes:
    """Paint something over the last page."""
    return alter_operators(pdf, lambda content: content + b"\n" + operators)


def alter_operators(pdf: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """What draws the last page."""
    reader = Pdf(pdf)
    streams = [
        (each, reader.stream(number))
        for number, each in enumerate(reader.objects, 1)
        if _FILTER in each.partition(b"stream\n")[0]
    ]
    each, stream = [(each, stream) for each, stream in streams if b" Tf" in stream and b"BT" in stream][-1]
    return _replace_stream(pdf, each, change(stream))


def _replace_stream(pdf: bytes, old: bytes, stream: bytes) -> bytes:
    """The object with another stream; readers find the moved objects by repairing the table."""
    packed = zlib.compress(stream)
    head = re.sub(rb"/Length \d+", b"/Length %d" % len(packed), old.partition(b"stream\n")[0])
    damaged = pdf.replace(old, head + b"stream\n" + packed + b"\nendstream", 1)
    return resave(damaged)


def resave(pdf: bytes) -> bytes:
    """Written anew by another program."""
    document = pdfium.PdfDocument(pdf)
    written = io.BytesIO()
    document.save(written)
    document.close()
    return written.getvalue()


def alter_part(ofd: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """One part of an OFD package."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ofd)) as before, zipfile.ZipFile(written, "w") as after:
        for entry in before.infolist():
            content = before.read(entry)
            after.writestr(entry.filename, change(content) if entry.filename == name else content)
    return written.getvalue()


def add_part(ofd: bytes, name: str, content: bytes) -> bytes:
    """One part more."""
    written = io.BytesIO(ofd)
    with zipfile.ZipFile(written, "a") as package:
        package.writestr(name, content)
    return written.getvalue()
