"""The e-mail that carries an invoice: Chinese text, HTML and plain, with the PDF. Pure: same delivery, same mail."""

import html
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from uuid import UUID

from libs.common.clock import SHANGHAI
from services.notify.domain.deliveries import ClaimedDelivery, InvoiceFacts

_TEMPLATES = Path(__file__).with_name("templates")
_PLAIN = (_TEMPLATES / "invoice.txt").read_text("utf-8")
_HTML = (_TEMPLATES / "invoice.html").read_text("utf-8")

_POLICY = SMTP.clone(cte_type="7bit")  # any server takes it, whatever extensions it has
_SENDER_NAME = "电子发票"
_NOT_IN_FILE_NAMES = dict.fromkeys(map(ord, '<>:"/\\|?*'), "_")
# With it a name of Chinese characters stays below the 255 bytes that file systems allow.
_SELLER_CHARACTERS = 60


def compose(delivery: ClaimedDelivery, pdf: bytes, *, sender: str, now: datetime) -> EmailMessage:
    """The mail, ready to be sent. What a tenant wrote can neither add a header nor markup."""
    values = _values(delivery.invoice)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = Address(_SENDER_NAME, addr_spec=sender)
    mail["To"] = Address(addr_spec=delivery.recipient)
    mail["Subject"] = values["subject"]
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(delivery.id, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_PLAIN.format_map(values), cte="base64")
    escaped = {name: html.escape(value) for name, value in values.items()}
    mail.add_alternative(_HTML.format_map(escaped), subtype="html", cte="base64")
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=file_name(delivery.invoice))
    return mail


def message_id(delivery: UUID, sender: str) -> str:
    """The same for every attempt, so that a mailbox can drop a repeat."""
    return f"<{delivery}@{sender.rpartition('@')[2]}>"


def file_name(invoice: InvoiceFacts) -> str:
    """As the bureau's own downloads are named (domain.md 7.1), the time in Shanghai."""
    seller = one_line(invoice.seller_name).translate(_NOT_IN_FILE_NAMES)[:_SELLER_CHARACTERS]
    return f"dzfp_{invoice.number}_{seller}_{invoice.issued_at.astimezone(SHANGHAI):%Y%m%d%H%M%S}.pdf"


def one_line(text: str) -> str:
    """Without line ends and other characters that are not printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _values(invoice: InvoiceFacts) -> dict[str, str]:
    seller = one_line(invoice.seller_name)
    return {
        "subject": f"【电子发票】{seller} 开具的发票 {invoice.number}",
        "seller_name": seller,
        "buyer_name": one_line(invoice.buyer_name),
        "number": invoice.number,
        "reference": one_line(invoice.reference),
        "amount_with_tax": str(invoice.amount_with_tax),
        "issue_date": f"{invoice.issued_at.astimezone(SHANGHAI):%Y 年 %m 月 %d 日}",
    }
