"""The e-mail that carries an invoice: Chinese text, HTML and plain, with the documents. Pure: same delivery, same mail.

The parts are put together from a template, for `email.message` needs 4 ms for each mail.
"""

import html
from base64 import encodebytes
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from libs.common.addresses import check_email
from libs.common.clock import SHANGHAI
from libs.common.file_names import name_document
from libs.common.text import one_line
from services.notify.domain.deliveries import Attachments, ClaimedDelivery, Document, InvoiceFacts
from services.notify.domain.notices import ClaimedNotice

_TEMPLATES = Path(__file__).with_name("templates")
_MAIL = (_TEMPLATES / "invoice.eml").read_text("ascii").replace("\n", "\r\n")
_ATTACHMENT = (_TEMPLATES / "attachment.eml").read_text("ascii").replace("\n", "\r\n")
_PLAIN = (_TEMPLATES / "invoice.txt").read_text("utf-8")
_HTML = (_TEMPLATES / "invoice.html").read_text("utf-8")
_NOTICE_MAIL = (_TEMPLATES / "notice.eml").read_text("ascii").replace("\n", "\r\n")
_VOID = (_TEMPLATES / "void.txt").read_text("utf-8")
_NOTICE = (_TEMPLATES / "notice.txt").read_text("utf-8")

_SENDER_NAME = "电子发票"


def compose(
    delivery: ClaimedDelivery, enclosed: Attachments, contents: Sequence[bytes], *, sender: str, now: datetime
) -> bytes:
    """The mail as it goes to the server, in ASCII; `contents` are the bytes of what is enclosed.

    What a tenant wrote can neither add a header nor markup. Raises ValueError for a recipient that is no address.
    """
    values = _values(delivery.invoice) | _describe(enclosed)
    escaped = {name: html.escape(value) for name, value in values.items()}
    boundary = f"={delivery.id.hex}"  # no line of base64 begins with --
    attachments = (
        _attach(delivery.invoice, document, content, boundary)
        for document, content in zip(enclosed.documents, contents, strict=True)
    )
    mail = _MAIL.format(
        sender=f"{_encode_words(_SENDER_NAME, 'From')} <{sender}>",
        recipient=check_email(delivery.recipient),
        subject=_encode_words(values["subject"], "Subject"),
        date=format_datetime(now),
        message_id=message_id(delivery.id, sender),
        boundary=boundary,
        plain=_encode_bytes(_PLAIN.format_map(values).encode()),
        html=_encode_bytes(_HTML.format_map(escaped).encode()),
        attachments="".join(attachments),
    )
    return mail.encode("ascii")


def _attach(invoice: InvoiceFacts, document: Document, content: bytes, boundary: str) -> str:
    number = f"{invoice.code}{invoice.number}"
    name = name_document(number, invoice.seller_name, invoice.issued_at, document.format)
    return _ATTACHMENT.format(
        boundary=boundary,
        media_type=f"application/{document.format}",
        file_name=quote(name, safe=""),  # RFC 2231
        content=_encode_bytes(content),
    )


def _describe(enclosed: Attachments) -> dict[str, str]:
    """What is enclosed, and what is too large for a mail."""
    there, large = ([each.format.upper() for each in documents] for documents in enclosed)
    parts, parts_zh = ["has been issued to you"], []
    if there:
        parts = [f"is attached as {', '.join(there)}"]
        parts_zh = [f"{'、'.join(there)} 文件见附件"]
    if large:
        parts.append(f"ask the seller for the {', '.join(large)}, too large for a mail")
        parts_zh.append(f"{'、'.join(large)} 文件过大，未随信附上，请向销售方索取")
    return {"enclosed": "; ".join(parts), "enclosed_zh": "；".join(parts_zh)}


def compose_void(delivery: ClaimedDelivery, *, sender: str, now: datetime) -> bytes:
    """That an invoice the recipient has was voided. Raises ValueError for a recipient that is no address."""
    values = _values(delivery.invoice)
    mail = _NOTICE_MAIL.format(
        sender=f"{_encode_words(_SENDER_NAME, 'From')} <{sender}>",
        recipient=check_email(delivery.recipient),
        subject=_encode_words(f"{values['subject']} 已作废", "Subject"),
        date=format_datetime(now),
        message_id=message_id(delivery.id, sender),
        plain=_encode_bytes(_VOID.format_map(values).encode()),
    )
    return mail.encode("ascii")


def compose_notice(notice: ClaimedNotice, recipient: str, *, sender: str, now: datetime) -> bytes:
    """To a user, in both languages. Raises ValueError for a recipient that is no address."""
    domain = sender.rpartition("@")[2]
    plain = _NOTICE.format(title=notice.title, text=notice.text, text_zh=notice.text_zh)
    mail = _NOTICE_MAIL.format(
        sender=f"{_encode_words(_SENDER_NAME, 'From')} <{sender}>",
        recipient=check_email(recipient),
        subject=_encode_words(f"【电子发票】{one_line(notice.title_zh)}", "Subject"),
        date=format_datetime(now),
        message_id=f"<{notice.event_id}.{notice.user_id}@{domain}>",
        plain=_encode_bytes(plain.encode()),
    )
    return mail.encode("ascii")


def _encode_words(text: str, header: str) -> str:
    """RFC 2047, folded."""
    return Header(text, "utf-8", header_name=header).encode(linesep="\r\n")


def _encode_bytes(content: bytes) -> str:
    """base64 in lines of 76."""
    return encodebytes(content).decode("ascii").replace("\n", "\r\n")


def message_id(delivery: UUID, sender: str) -> str:
    """The same for every attempt, so that a mailbox can drop a repeat."""
    return f"<{delivery}@{sender.rpartition('@')[2]}>"


def _values(invoice: InvoiceFacts) -> dict[str, str]:
    seller = one_line(invoice.seller_name)
    number = f"{invoice.number}（发票代码 {invoice.code}）" if invoice.code else invoice.number
    return {
        "subject": f"【电子发票】{seller} 开具的发票 {number}",
        "seller_name": seller,
        "buyer_name": one_line(invoice.buyer_name),
        "number": number,
        "reference": one_line(invoice.reference),
        "amount_with_tax": str(invoice.amount_with_tax),
        "issue_date": f"{invoice.issued_at.astimezone(SHANGHAI):%Y 年 %m 月 %d 日}",
    }
