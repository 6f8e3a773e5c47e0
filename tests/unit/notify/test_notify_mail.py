"""The mail that carries an invoice: what is in it, and what cannot get into it."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import UUID

import pytest

from libs.common.ids import TenantId
from services.notify.domain.deliveries import (
    Attachments,
    ClaimedDelivery,
    Document,
    InvoiceFacts,
    choose_attachments,
)
from services.notify.mail import compose

pytestmark = pytest.mark.fast

NOW = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
PDF = bytes(range(256)) * 40
DELIVERY_ID = UUID("01990000-0000-7000-8000-000000000001")
HOSTILE = "甲\r\nBcc: victim@example.cn\r\n\r\n<script>alert(1)</script>\0{number}\u2028乙"


def make_facts(**changes: Any) -> InvoiceFacts:
    facts: dict[str, Any] = {
        "tenant": TenantId(UUID(int=1)),
        "id": UUID(int=2),
        "number": "26422000000000000001",
        "reference": "SO-2026-000123",
        "seller_name": "武汉晴川数码科技有限公司",
        "buyer_name": "杭州青禾软件有限公司",
        "amount_with_tax": Decimal("1172.94"),
        "issued_at": datetime(2026, 11, 24, 16, 30, 5, tzinfo=UTC),
        "email": "ap@example.cn",
    }
    return InvoiceFacts(**facts | changes)


def make_delivery(recipient: str = "ap@example.cn", **changes: Any) -> ClaimedDelivery:
    return ClaimedDelivery(
        tenant=TenantId(UUID(int=1)),
        id=DELIVERY_ID,
        channel="email",
        recipient=recipient,
        attempt=1,
        correlation_id="request-1",
        traceparent="00-1-1-01",
        invoice=make_facts(**changes),
        requested_by="invoice",
        documents=(make_document("pdf", len(PDF)),),
    )


def make_document(name: str, length: int) -> Document:
    return Document(name, 1, "", "", "", "", 0, length)


def send(delivery: ClaimedDelivery) -> tuple[bytes, EmailMessage]:
    """The bytes on the wire, and what a mail program makes of them."""
    enclosed = Attachments(delivery.documents, ())
    wire = compose(delivery, enclosed, [PDF], sender="invoice@openfapiao.example", now=NOW)
    received = message_from_bytes(wire, policy=SMTP)
    assert isinstance(received, EmailMessage)
    return wire, received


def test_compose_names_the_code_beside_a_number_of_eight_digits() -> None:
    _, mail = send(make_delivery(number="00000012", code="042002600104"))
    assert mail["Subject"].endswith("开具的发票 00000012（发票代码 042002600104）")
    plain = mail.get_body(("plain",))
    assert plain is not None
    assert "发票号码：00000012（发票代码 042002600104）" in plain.get_content()
    (attachment,) = mail.iter_attachments()
    assert "04200260010400000012" in (attachment.get_filename() or "")


def test_compose_says_what_was_issued_in_plain_text_and_html() -> None:
    _, mail = send(make_delivery())
    assert mail["Subject"] == "【电子发票】武汉晴川数码科技有限公司 开具的发票 26422000000000000001"
    assert mail["To"] == "ap@example.cn"
    assert mail["From"] == "电子发票 <invoice@openfapiao.example>"
    assert mail["Message-ID"] == f"<{DELIVERY_ID}@openfapiao.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == NOW
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        text = part.get_content()
        for value in ("杭州青禾软件有限公司", "26422000000000000001", "¥1172.94", "SO-2026-000123"):
            assert value in text
        assert "2026 年 11 月 25 日" in text  # the day in Shanghai


def test_compose_attaches_the_pdf_under_its_chinese_name() -> None:
    wire, mail = send(make_delivery())
    [attachment] = mail.iter_attachments()
    assert attachment.get_content_type() == "application/pdf"
    assert attachment.get_filename() == (
        "dzfp_26422000000000000001_武汉晴川数码科技有限公司_20261125003005.pdf"
    )
    assert hashlib.sha256(attachment.get_content()).digest() == hashlib.sha256(PDF).digest()
    assert b"filename*=utf-8''dzfp_26422000000000000001_%E6" in wire  # RFC 2231


def test_compose_is_plain_ascii_in_lines_that_any_server_takes() -> None:
    wire, _ = send(make_delivery(seller_name="长" * 100))
    assert wire.isascii()
    assert max(map(len, wire.split(b"\r\n"))) <= 998  # RFC 5322, 2.1.1
    assert b"\n" not in wire.replace(b"\r\n", b"")


@pytest.mark.parametrize("field", ["seller_name", "buyer_name", "reference"])
def test_compose_hostile_text_adds_neither_header_nor_markup(field: str) -> None:
    wire, mail = send(make_delivery(**{field: HOSTILE}))
    assert {name.lower() for name in mail} == {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "content-type",
        "mime-version",
    }
    assert b"\r\nBcc" not in wire
    html, plain = mail.get_body(("html",)), mail.get_body(("plain",))
    assert html is not None
    assert plain is not None
    assert "<script" not in html.get_content()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {number}" in html.get_content()
    assert "\nBcc" not in plain.get_content()


@pytest.mark.parametrize("address", ["a@b.cn\r\nBcc: c@d.cn", "a@b.cn, c@d.cn", "a@b.cn\n"])
def test_compose_refuses_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        send(make_delivery(address))


@pytest.mark.parametrize(
    ("most", "chosen", "left_out"),
    [
        (100, ["pdf", "ofd", "xml"], []),
        (65, ["pdf", "xml"], ["ofd"]),
        (35, ["ofd"], ["pdf", "xml"]),
        (5, [], ["pdf", "ofd", "xml"]),
    ],
)
def test_attachments_that_do_not_fit_are_left_out(most: int, chosen: list[str], left_out: list[str]) -> None:
    sizes = {"xml": 10, "pdf": 40, "ofd": 30}
    enclosed = choose_attachments([make_document(*each) for each in sizes.items()], most)
    assert [[each.format for each in documents] for documents in enclosed] == [chosen, left_out]


def test_compose_without_any_document_says_where_to_get_it() -> None:
    enclosed = Attachments((), (make_document("pdf", 10),))
    wire = compose(make_delivery(), enclosed, [], sender="invoice@openfapiao.example", now=NOW)
    received = message_from_bytes(wire, policy=SMTP)
    assert isinstance(received, EmailMessage)
    plain = received.get_body(("plain",))
    assert plain is not None
    assert "PDF 文件过大，未随信附上，请向销售方索取" in plain.get_content()
    assert list(received.iter_attachments()) == []
