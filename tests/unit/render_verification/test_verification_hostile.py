"""Files that were made to do harm are refused, in time, and nothing of the machine comes out."""

import asyncio
import io
import random
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import pytest

from services.render.pdf.document import render_pdf
from services.render.verification.errors import FileUnreadable, VerificationBusy
from services.render.verification.jail import Jail
from services.render.verification.readers import Claim, read_claim
from services.render.verification.unreadable import Unreadable
from services.render.verification.xml_tree import refuse_doctype
from tests.unit.render.samples import make_invoice
from tests.unit.render_verification import inmates

ENTITY = '<!DOCTYPE EInvoice [<!ENTITY x SYSTEM "file:///etc/passwd">]><EInvoice>&x;</EInvoice>'
LAUGHS = (
    "<!DOCTYPE EInvoice [<!ENTITY a0 'ha'>"
    + "".join(f"<!ENTITY a{n} '&a{n - 1};&a{n - 1};&a{n - 1};&a{n - 1};'>" for n in range(1, 30))
    + "]><EInvoice>&a29;</EInvoice>"
)
EXTERNAL = '<!DOCTYPE EInvoice SYSTEM "http://127.0.0.1:9/x.dtd"><EInvoice/>'


def zipped(**parts: bytes) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return written.getvalue()


def pdf_of(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A file of these objects, the first being the catalog."""
    body = b"%PDF-1.7\n"
    offsets = []
    for number, each in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF"
        % (
            len(objects) + 1,
            table,
            len(objects) + 1,
            trailer,
            len(body),
        )
    )


def stream_of(content: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d/Filter/FlateDecode%b>>stream\n%b\nendstream" % (len(content), entries, content)


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    parts = [packer.compress(b" " * 1024 * 1024) for _ in range(megabytes)]
    return b"".join([*parts, packer.flush()])


def page_with(content: bytes, resources: bytes = b"") -> bytes:
    return pdf_of(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 397]/Contents 4 0 R/Resources<<%b>>>>" % resources,
        content,
    )


def many_pages(count: int) -> bytes:
    kids = b" ".join(b"3 0 R" for _ in range(count))
    return pdf_of(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, count),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 397]>>",
    )


def looping_pages() -> bytes:
    return pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9999999>>")


def nested_forms() -> bytes:
    """A form that draws the next one ten times, and so on."""
    forms = [
        stream_of(
            zlib.compress(b"/f Do " * 10),
            b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</f %d 0 R>>>>" % (number + 6),
        )
        for number in range(20)
    ]
    return pdf_of(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</f 5 0 R>>>>>>",
        stream_of(zlib.compress(b"/f Do")),
        *forms,
    )


def lying_package() -> bytes:
    """An entry of which the directory says that it is small."""
    package = zipped(**{"OFD.xml": b"x" * 3_000_000})
    return package.replace((3_000_000).to_bytes(4, "little"), (30).to_bytes(4, "little"))


def deep_xml(depth: int) -> bytes:
    return b"<EInvoice>" + b"<a>" * depth + b"</a>" * depth + b"</EInvoice>"


# Refused: (format, content).
REFUSED = {
    "external entity": ("xml", ENTITY.encode()),
    "billion laughs": ("xml", LAUGHS.encode()),
    "external document type": ("xml", EXTERNAL.encode()),
    "entity in UTF-16": ("xml", ENTITY.encode("utf-16")),
    "entity in EBCDIC": ("xml", f"<?xml version='1.0' encoding='cp037'?>{ENTITY}".encode("cp037")),
    "deep XML": ("xml", deep_xml(100_000)),
    "endless names": ("xml", b"<EInvoice>" + b"<%b/>" % (b"a" * 1_000_000) * 3 + b"</EInvoice>"),
    "many elements": ("xml", b"<EInvoice>" + b"<a/>" * 300_000 + b"</EInvoice>"),
    "cut XML": ("xml", b"<EInvoice><Header>"),
    "other XML": ("xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"),
    "no UTF-8": ("xml", b"<EInvoice>\xff\xfe</EInvoice>"),
    "empty PDF": ("pdf", b"%PDF-1.7\n"),
    "PDF without pages": ("pdf", pdf_of(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>")),
    "text bomb in a PDF": (
        "pdf",
        page_with(
            stream_of(zlib.compress(b"BT /f 9 Tf " + b"(aaaaaaaaaaaaaaaaaaaa) Tj " * 2_000 + b"ET")),
            b"/Font<</f<</Type/Font/Subtype/Type1/BaseFont/Courier>>>>",
        ),
    ),
    "package without OFD.xml": ("ofd", zipped(**{"a.xml": b"<a/>"})),
    "zip bomb": ("ofd", zipped(**{"OFD.xml": b"\0" * 200_000_000})),
    "many parts": ("ofd", zipped(**{f"{number}.xml": b"" for number in range(3000)})),
    "path out of the package": ("ofd", zipped(**{"OFD.xml": b"<a/>", "../../etc/cron.d/x": b"x"})),
    "absolute path": ("ofd", zipped(**{"OFD.xml": b"<a/>", "/etc/passwd": b"x"})),
    "lying directory": ("ofd", lying_package()),
    "entity in a package": ("ofd", zipped(**{"OFD.xml": ENTITY.encode()})),
    "cut package": ("ofd", zipped(**{"OFD.xml": b"<a/>" * 1000})[:90]),
}
# Read or refused, but in bounded time and memory.
BORNE = {
    "PDF of 100,000 pages": ("pdf", many_pages(100_000)),
    "pages in a circle": ("pdf", looping_pages()),
    "forms in forms": ("pdf", nested_forms()),
    "stream bomb in a PDF": ("pdf", page_with(stream_of(bomb(700)))),
    "picture bomb in a PDF": (
        "pdf",
        pdf_of(
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<</XObject<</i 5 0 R>>>>>>",
            stream_of(zlib.compress(b"/i Do")),
            stream_of(
                bomb(300),
                b"/Type/XObject/Subtype/Image/Width 30000/Height 30000/ColorSpace/DeviceRGB/BitsPerComponent 8",
            ),
        ),
    ),
    "JavaScript": (
        "pdf",
        pdf_of(
            b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.launchURL\\('http://127.0.0.1:9'\\))>>>>",
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        ),
    ),
}

# Where the limit that is meant must be what refuses it, and not a later one.
REASONS = {
    "zip bomb": "unpacks to more",
    "many parts": "too many parts",
    "path out of the package": "leads out",
    "absolute path": "leads out",
    "text bomb in a PDF": "more text",
    "deep XML": "deeper or longer",
    "many elements": "deeper or longer",
    "external entity": "document type",
    "entity in a package": "document type",
}


@pytest.fixture
async def jail() -> AsyncIterator[Jail]:
    opened = Jail(seconds=20)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", REFUSED)
async def test_hostile_file_is_refused_in_both_languages(jail: Jail, name: str) -> None:
    file_format, content = REFUSED[name]
    with pytest.raises(FileUnreadable) as refused:
        await jail.call(read_claim, file_format, content, result=Claim)
    assert refused.value.status == 400
    assert refused.value.detail_zh != refused.value.detail
    assert REASONS.get(name, "") in refused.value.detail
    assert "root:" not in str(refused.value.as_dict(instance="", request_id=""))


@pytest.mark.parametrize("name", BORNE)
async def test_heavy_file_is_read_or_given_up(jail: Jail, name: str) -> None:
    """The jail's own limits end it."""
    file_format, content = BORNE[name]
    try:
        claim = await jail.call(read_claim, file_format, content, result=Claim)
    except FileUnreadable:
        claim = Claim(file_format, [])
    assert claim.numbers == []


@pytest.mark.parametrize("text", [ENTITY, LAUGHS, EXTERNAL])
def test_document_type_is_refused_before_it_is_read(text: str) -> None:
    with pytest.raises(Unreadable):
        refuse_doctype(text.encode())


async def test_damaged_files_never_fail_otherwise(jail: Jail) -> None:
    """Whatever bytes are changed: it is read or refused."""
    chance = random.Random(20261124)  # noqa: S311 - damage, not secrets
    pdf = render_pdf(make_invoice())
    for _ in range(20):
        damaged = bytearray(pdf)
        for _ in range(chance.randrange(1, 40)):
            damaged[chance.randrange(5, len(damaged))] = chance.randrange(256)
        cut = bytes(damaged[: chance.randrange(len(damaged) // 2, len(damaged))])
        with suppress(FileUnreadable):
            await jail.call(read_claim, "pdf", cut, result=Claim)


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        (inmates.open_file, "OSError"),
        (inmates.write_file, "OSError"),
        (inmates.open_socket, "OSError 24"),
        (inmates.take_memory, "MemoryError"),
        (inmates.read_secrets, "{}"),
    ],
)
async def test_jail_lets_nobody_out(jail: Jail, attempt: Callable[[], str], outcome: str) -> None:
    assert await jail.call(attempt, result=str) == outcome


@pytest.mark.parametrize("attempt", [inmates.fail_with_words, inmates.answer_at_length])
async def test_jail_tells_nothing_but_that_it_did_not_work(jail: Jail, attempt: Callable[[], str]) -> None:
    with pytest.raises(FileUnreadable) as refused:
        await jail.call(attempt, result=str)
    assert "stranger" not in str(refused.value.as_dict(instance="", request_id=""))


async def test_jail_ends_what_takes_too_long_and_is_not_entered_by_a_crowd() -> None:
    jail = Jail(at_once=1, waiting=0, seconds=1.0)
    first = asyncio.create_task(jail.call(inmates.take_time, result=str))
    await asyncio.sleep(0)
    with pytest.raises(VerificationBusy) as busy:
        await jail.call(inmates.take_time, result=str)
    assert (busy.value.status, busy.value.retry_after) == (429, 2)
    with pytest.raises(FileUnreadable):
        await first
    assert await jail.call(inmates.open_file, result=str) == "OSError"
    jail.close()
