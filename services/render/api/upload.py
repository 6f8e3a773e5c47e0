"""What somebody sends to be verified: one file, as the body or in a browser's form, and of which format it is."""

import re

from fastapi import Request

from libs.common.problems import UnsupportedMediaType
from services.render.verification.errors import FileUnreadable

FORM = "multipart/form-data"
JSON = "application/json"
# What tells a JSON document of ours from a question.
DOCUMENT = b'"openfapiao.invoice.'
ANY = {"application/octet-stream", "application/zip", "application/x-zip-compressed", ""}
FORMATS = {
    "application/pdf": "pdf",
    "application/ofd": "ofd",
    "application/xml": "xml",
    "text/xml": "xml",
}
MOST_PARTS = 8
MOST_HEAD_BYTES = 4096
_BOUNDARY = re.compile(r"boundary=\"?([\w'()+,./:=? -]{1,70})\"?")
_FIELD = re.compile(rb'^content-disposition:\s*form-data;.*\bname="file"', re.IGNORECASE | re.MULTILINE)
_TYPE = re.compile(rb"^content-type:[ \t]*([\w.+/-]+)", re.IGNORECASE | re.MULTILINE)
_MARK = "\ufeff".encode()


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def read_form(content_type: str, body: bytes) -> tuple[str, bytes]:
    """Media type and content of the one part named `file` (RFC 7578)."""
    boundary = _BOUNDARY.search(content_type)
    delimiter = b"--" + boundary[1].strip().encode() if boundary else b""
    if not delimiter or not 2 <= body.count(delimiter) <= MOST_PARTS + 1:
        raise _no_file()
    parts = [part.partition(b"\r\n\r\n") for part in body.split(delimiter)[1:-1]]
    files = [
        (head, content) for head, _, content in parts if len(head) < MOST_HEAD_BYTES and _FIELD.search(head)
    ]
    if len(files) != 1:
        raise _no_file()
    head, content = files[0]
    declared = _TYPE.search(head)
    return (declared[1].decode().lower() if declared else "", content.removesuffix(b"\r\n"))


def _no_file() -> FileUnreadable:
    return FileUnreadable(
        "The form has not exactly one part named file.", detail_zh="表单中应有且仅有一个名为 file 的文件。"
    )


def find_format(declared: str, content: bytes) -> str:
    """Told by the first bytes; what is declared must agree. Raises UnsupportedMediaType."""
    found = _sniff(content)
    if found is None or (declared not in ANY and FORMATS.get(declared) != found):
        raise UnsupportedMediaType(
            "The file is no PDF, OFD or XML, or not what it is declared to be.",
            detail_zh="文件不是 PDF、OFD 或 XML，或与声明的类型不符。",
        )
    return found


def _sniff(content: bytes) -> str | None:
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return "ofd"
    return "xml" if content.removeprefix(_MARK).lstrip()[:1] == b"<" else None
