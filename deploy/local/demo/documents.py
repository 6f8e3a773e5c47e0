"""Looks into the documents of an invoice as a buyer would: the PDF's text, the OFD's package, the XML's elements."""

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from xml.etree import ElementTree as ET

import pypdfium2

from deploy.local.demo.issued import Issued


def check_documents(issued: Issued) -> dict[str, bytes]:
    """The files by format; ends the demo where one is not what the manifest says, or does not name the invoice."""
    path = f"/v1/invoices/{issued.invoice['id']}/documents"
    items = issued.client.get(path).expect(200)["items"]
    hashes = {item["format"]: item["sha256"] for item in items if item["state"] == "ready"}
    if missing := CHECKS.keys() - hashes.keys():
        raise SystemExit(f"{issued.name} has no {', '.join(sorted(missing))}: {items}")
    found = {name: issued.client.get(f"{path}/{name}").content for name in CHECKS}
    for name, content in found.items():
        if hashlib.sha256(content).hexdigest() != hashes[name]:
            raise SystemExit(f"The {name} of {issued.name} is not the archived one.")
        if not CHECKS[name](content, issued.invoice["number"]):
            raise SystemExit(f"The {name} of {issued.name} does not name its invoice.")
    return found


def names_in_pdf(content: bytes, number: str) -> bool:
    with pypdfium2.PdfDocument(content) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return any(number in text for text in texts)


def names_in_ofd(content: bytes, number: str) -> bool:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        if package.testzip() is not None or "OFD.xml" not in package.namelist():
            return False
        return any(number.encode() in package.read(name) for name in package.namelist())


def names_in_xml(content: bytes, number: str) -> bool:
    root = ET.fromstring(content)  # noqa: S314 - of the platform that the demo has just started
    return root.tag == "EInvoice" and any(element.text == number for element in root.iter())


CHECKS: Mapping[str, Callable[[bytes, str], bool]] = {
    "pdf": names_in_pdf,
    "ofd": names_in_ofd,
    "xml": names_in_xml,
}
