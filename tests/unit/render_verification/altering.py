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


def hide_content(pdf: bytes, operators: bytes, *, depth: int) -> bytes:
    """Content of a layer that is off (ISO 32000-1, 8.11), drawn on every page by a form in forms."""
    first = len(Pdf(pdf).objects) + 1
    last, layer, drawing = first + depth - 1, first + depth, first + depth + 1
    forms = {number: _make_form(b"/X Do", number + 1) for number in range(first, last)}
    forms[last] = _make_form(operators, layer)
    forms[first] = forms[first].replace(b"/Form", b"/Form/OC %d 0 R" % layer, 1)
    made = forms | {layer: b"<</Type/OCG/Name(x)>>", drawing: b"<</Length 5>>\nstream\n/X Do\nendstream"}
    objects = b"".join(b"%d 0 obj\n%b\nendobj\n" % each for each in made.items())
    layers = b"/Type/Catalog/OCProperties<</OCGs[%d 0 R]/D<</OFF[%d 0 R]>>>>" % (layer, layer)
    altered = pdf.replace(b"/XObject<<", b"/XObject<</X %d 0 R" % first, 1)
    altered = re.sub(rb"(/Contents\[[^\]]*)", rb"\1 %d 0 R" % drawing, altered)
    altered = altered.replace(b"/Type/Catalog", layers, 1)
    return resave(altered.replace(b"xref\n", objects + b"xref\n", 1))


def _make_form(operators: bytes, enclosed: int) -> bytes:
    """A form that may draw the object `enclosed` as X."""
    resources = b"/Resources<</XObject<</X %d 0 R>>>>" % enclosed
    box = b"/BBox[-900 -900 900 900]"
    head = b"<</Type/XObject/Subtype/Form%b%b/Length %d>>" % (box, resources, len(operators))
    return head + b"\nstream\n" + operators + b"\nendstream"


def hide_part(ofd: bytes, name: str, content: bytes) -> bytes:
    """A part in front of all others that the package's directory does not name."""
    hidden = io.BytesIO()
    with zipfile.ZipFile(hidden, "w") as package:
        package.writestr(name, content)
    hidden.truncate(package.start_dir)
    written = io.BytesIO(hidden.getvalue())
    written.seek(0, io.SEEK_END)
    with zipfile.ZipFile(io.BytesIO(ofd)) as before, zipfile.ZipFile(written, "a") as after:
        for entry in before.infolist():
            after.writestr(entry.filename, before.read(entry))
    return written.getvalue()
