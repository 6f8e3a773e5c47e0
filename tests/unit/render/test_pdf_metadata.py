"""What a file says of itself, and the colours that it names."""

import re
from xml.etree import ElementTree

import pytest

from services.render.pdf.document import render_pdf
from services.render.pdf.srgb import make_profile
from tests.unit.render.pdf_reader import Pdf
from tests.unit.render.samples import NUMBER, make_invoice

pytestmark = pytest.mark.fast
RDF, DC = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}", "{http://purl.org/dc/elements/1.1/}"
PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
PDF_NAMES, XMP = "{http://ns.adobe.com/pdf/1.3/}", "{http://ns.adobe.com/xap/1.0/}"


def test_metadata_claims_pdf_a_3u_and_names_the_invoice() -> None:
    pdf = Pdf(render_pdf(make_invoice()))
    number = pdf.reference(1, "Metadata")
    packet = pdf.objects[number - 1].partition(b"stream\n")[2].removesuffix(b"\nendstream")
    root = ElementTree.fromstring(packet)  # noqa: S314 - our own writing
    about = root.find(f"{RDF}RDF/{RDF}Description")
    assert about is not None
    assert (about.get(f"{PDFAID}part"), about.get(f"{PDFAID}conformance")) == ("3", "U")
    assert about.get(f"{PDF_NAMES}Producer") == "OpenFapiao"
    assert about.get(f"{XMP}CreateDate") == about.get(f"{XMP}ModifyDate") == "2026-11-24T02:04:05+08:00"
    title = about.findtext(f"{DC}title/{RDF}Alt/{RDF}li")
    assert title == f"电子发票（普通发票）{NUMBER}"
    assert f"/Title<FEFF{title.encode('utf-16-be').hex()}>".encode() in pdf.bytes


def test_metadata_length_is_that_of_the_packet() -> None:
    pdf = Pdf(render_pdf(make_invoice()))
    body = pdf.objects[pdf.reference(1, "Metadata") - 1]
    length = re.findall(rb"/Length (\d+)", body)[0]
    assert len(body.partition(b"stream\n")[2]) == int(length) + len(b"\nendstream")


def test_metadata_output_intent_holds_the_profile() -> None:
    pdf = Pdf(render_pdf(make_invoice()))
    assert "/S/GTS_PDFA1" in pdf.dictionary(1)
    assert pdf.stream(pdf.reference(1, "DestOutputProfile")) == make_profile()


def test_profile_tags_lie_inside_it_and_primaries_add_up_to_white() -> None:
    profile = make_profile()
    assert int.from_bytes(profile[:4]) == len(profile) == 480
    entries = [profile[at : at + 12] for at in range(132, 132 + 12 * int.from_bytes(profile[128:132]), 12)]
    tags = {entry[:4]: (int.from_bytes(entry[4:8]), int.from_bytes(entry[8:])) for entry in entries}
    assert all(start % 4 == 0 and start + size <= len(profile) for start, size in tags.values())
    columns = [profile[start + 8 : start + 20] for start, _ in map(tags.get, (b"rXYZ", b"gXYZ", b"bXYZ"))]
    numbers = [[int.from_bytes(one[at : at + 4], signed=True) / 65536 for at in (0, 4, 8)] for one in columns]
    white = [sum(column) for column in zip(*numbers, strict=True)]
    assert white == pytest.approx([0.9642, 1.0, 0.8249], abs=0.0005)
