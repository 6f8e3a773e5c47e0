"""Mail decoded as a person would see it, and addresses that mean a bad day."""

import hashlib
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.mailbox.message import decode_message, load_attachment
from sandbox.mailbox.smtp import MagicAddress, find_magic

pytestmark = pytest.mark.fast

PDF = b"%PDF-1.7\r\n\x00\xff" + bytes(range(256))
NAME = "dzfp_26427000001000000001_武汉晴川数码科技有限公司.pdf"


def make_mail(*, cte: str = "base64") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "开票平台 <noreply@example.cn>"
    mail["To"] = "ap@example.cn"
    mail["Subject"] = "您收到一张来自武汉晴川数码科技有限公司的电子发票，号码 26427000001000000001"
    mail["Message-ID"] = "<1@example.cn>"
    mail.set_content("您好：\n.以点开头的行\n发票见附件。\n", cte=cte)
    mail.add_alternative("<p>发票见附件。</p>", subtype="html", cte=cte)
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename=NAME)
    return mail


@pytest.mark.parametrize("cte", ["base64", "quoted-printable", "8bit"])
def test_message_in_chinese_is_decoded_whole(cte: str) -> None:
    content = decode_message(make_mail(cte=cte).as_bytes())
    assert content.subject == "您收到一张来自武汉晴川数码科技有限公司的电子发票，号码 26427000001000000001"
    assert content.text == "您好：\n.以点开头的行\n发票见附件。\n"
    assert content.html.strip() == "<p>发票见附件。</p>"
    assert content.message_id == "<1@example.cn>"
    (attachment,) = content.attachments
    assert (attachment.name, attachment.size) == (NAME, len(PDF))
    assert attachment.sha256 == hashlib.sha256(PDF).hexdigest()


def test_attachment_by_position_has_its_bytes() -> None:
    raw = make_mail().as_bytes()
    assert load_attachment(raw, 0) == ("application/pdf", PDF)
    assert load_attachment(raw, 1) is None


def test_file_name_by_rfc_2047_is_decoded_too() -> None:
    raw = (
        b"Subject: =?utf-8?B?5Y+R56Wo?=\r\nContent-Type: application/pdf\r\n"
        b'Content-Disposition: attachment; filename="=?utf-8?B?5Y+R56WoLnBkZg==?="\r\n\r\nx'
    )
    content = decode_message(raw)
    assert (content.subject, content.attachments[0].name) == ("发票", "发票.pdf")


def test_text_in_an_unknown_charset_is_read_as_utf8() -> None:
    raw = "Content-Type: text/plain; charset=no-such\r\n\r\n发票".encode()
    assert decode_message(raw).text == "发票"


@given(st.binary(max_size=300))
def test_message_of_any_bytes_is_decoded_somehow(raw: bytes) -> None:
    decode_message(raw)
    decode_message(b"Content-Type: multipart/mixed; boundary=x\r\nSubject: =?utf-8?Q?" + raw)


@pytest.mark.parametrize(
    ("address", "magic"),
    [
        ("bounce@example.cn", MagicAddress.BOUNCE),
        ("Greylist+42@example.cn", MagicAddress.GREYLIST),
        ("vanish+a+b@example.cn", MagicAddress.VANISH),
        ("bouncer@example.cn", None),
        ("ap@bounce.example.cn", None),
        ("", None),
    ],
)
def test_address_means_what_its_local_part_says(address: str, magic: MagicAddress | None) -> None:
    assert find_magic(address) is magic
