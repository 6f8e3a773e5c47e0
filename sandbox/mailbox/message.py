"""A raw RFC 5322 message in the words of the mailbox: decoded subject, texts and attachments."""

import hashlib
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec


class Attachment(msgspec.Struct, frozen=True):
    """One attached file; its bytes are fetched by position."""

    name: str
    sha256: str
    size: int


class MessageContent(msgspec.Struct, frozen=True):
    """What a person would see."""

    subject: str
    text: str
    html: str
    message_id: str
    attachments: list[Attachment]


def decode_message(raw: bytes) -> MessageContent:
    """Never fails: what cannot be decoded is shown with replacement characters."""
    try:
        return decode_parsed(parse(raw))
    except Exception:  # noqa: BLE001 - the parser of the standard library has many ways to fail on bad headers
        return MessageContent("", raw.decode("utf-8", "replace"), "", "", [])


def decode_parsed(message: EmailMessage) -> MessageContent:
    """The parts a person would see."""
    return MessageContent(
        subject=str(message.get("Subject", "")),
        text=decode_body(message, "plain"),
        html=decode_body(message, "html"),
        message_id=str(message.get("Message-ID", "")).strip(),
        attachments=[
            Attachment(part.get_filename() or "", hashlib.sha256(payload).hexdigest(), len(payload))
            for part, payload in iterate_attachments(message)
        ],
    )


def load_attachment(raw: bytes, position: int) -> tuple[str, bytes] | None:
    """Content type and bytes of the attachment at `position`, counted from 0."""
    for index, (part, payload) in enumerate(iterate_attachments(parse(raw))):
        if index == position:
            return part.get_content_type(), payload
    return None


def parse(raw: bytes) -> EmailMessage:
    """By the modern policy: headers decoded (RFC 2047), parameters too (RFC 2231)."""
    return message_from_bytes(raw, policy=policy.default)


def decode_body(message: EmailMessage, kind: str) -> str:
    """The first inline part of this kind, with LF line ends."""
    for part in message.walk():
        if part.get_content_type() == f"text/{kind}" and not is_attachment(part):
            return decode_text(part).replace("\r\n", "\n")
    return ""


def decode_text(part: EmailMessage) -> str:
    """By its charset; by UTF-8 when that is unknown."""
    payload = read_payload(part)
    try:
        return payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return payload.decode("utf-8", "replace")


def iterate_attachments(message: EmailMessage) -> Iterator[tuple[EmailMessage, bytes]]:
    """Attached parts in their order, each with its bytes."""
    for part in message.walk():
        if is_attachment(part):
            yield part, read_payload(part)


def is_attachment(part: EmailMessage) -> bool:
    """Marked as one, or a leaf with a file name."""
    return not part.is_multipart() and (part.is_attachment() or part.get_filename() is not None)


def read_payload(part: EmailMessage) -> bytes:
    """Decoded from base64 or quoted-printable."""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
