"""The mailbox as a real process: SMTP in, HTTP out, death and return."""

import hashlib
import smtplib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.helpers.sandbox_programs import SandboxProgram, find_free_port, wait_until

SENDER = "noreply@openfapiao.example"
PDF = b"%PDF-1.7\r\n.\r\n..\r\n" + bytes(range(256)) * 300
NAME = "dzfp_26427000001000000001_武汉晴川数码科技有限公司.pdf"


class Mailbox(SandboxProgram):
    """With an SMTP port."""

    def __init__(self, data_dir: Path) -> None:
        self.smtp_port = find_free_port()
        super().__init__("mailbox", data_dir, OFP_SMTP_PORT=self.smtp_port, OFP_MAILBOX_SLOW_MILLIS=300)

    def send(self, mail: EmailMessage) -> None:
        """Over a connection of its own; raises what smtplib raises."""
        with smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=5) as client:
            client.send_message(mail, from_addr=SENDER)

    def list_all(self, **filters: str) -> list[dict[str, Any]]:
        """Every page."""
        query = "".join(f"&{name}={quote(value)}" for name, value in filters.items())
        items: list[dict[str, Any]] = []
        cursor = "0"
        while cursor is not None:
            _, page = self.get(f"/messages?limit=200&cursor={cursor}{query}")
            items += page["items"]
            cursor = page["next_cursor"]
        return items


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    program = Mailbox(tmp_path)
    program.start()
    yield program
    program.stop()


def make_mail(*recipients: str, number: int = 1) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"开票平台 <{SENDER}>"
    mail["To"] = ", ".join(recipients)
    mail["Subject"] = f"您收到一张来自武汉晴川数码科技有限公司的电子发票（第 {number} 号），请查收附件"
    mail["Message-ID"] = f"<{number}@openfapiao.example>"
    mail.set_content("您好：\n..两点开头\n发票见附件。\n")
    mail.add_alternative("<p>发票见附件。</p>", subtype="html")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename=NAME)
    return mail


def test_mail_in_chinese_with_a_pdf_arrives_whole(mailbox: Mailbox) -> None:
    mailbox.send(make_mail("ap@example.cn"))
    (item,) = mailbox.list_all(to="AP@example.cn", channel="email")
    assert item["subject"] == "您收到一张来自武汉晴川数码科技有限公司的电子发票（第 1 号），请查收附件"
    assert item["text"] == "您好：\n..两点开头\n发票见附件。\n"
    assert item["html"].strip() == "<p>发票见附件。</p>"
    assert (item["channel"], item["to"], item["message_id"]) == (
        "email",
        "ap@example.cn",
        "<1@openfapiao.example>",
    )
    assert item["attachments"] == [
        {"name": NAME, "sha256": hashlib.sha256(PDF).hexdigest(), "size": len(PDF)}
    ]
    assert mailbox.call_raw("GET", f"/messages/{item['id']}/attachments/0") == (200, PDF)
    assert mailbox.get(f"/messages/{item['id']}/attachments/1")[0] == 404


def test_mail_to_two_recipients_is_an_item_for_each(mailbox: Mailbox) -> None:
    mailbox.send(make_mail("ap@example.cn", "cfo@example.cn"))
    assert [item["to"] for item in mailbox.list_all()] == ["ap@example.cn", "cfo@example.cn"]
    assert len(mailbox.list_all(to="cfo@example.cn")) == 1


def test_messages_are_paged_oldest_first_and_can_be_cleared(mailbox: Mailbox) -> None:
    for number in range(3):
        mailbox.send(make_mail("ap@example.cn", number=number))
    _, page = mailbox.get("/messages?limit=2")
    _, rest = mailbox.get(f"/messages?limit=2&cursor={page['next_cursor']}")
    ids = [item["message_id"] for item in page["items"] + rest["items"]]
    assert ids == [f"<{number}@openfapiao.example>" for number in range(3)]
    assert rest["next_cursor"] is None
    assert mailbox.call("DELETE", "/messages")[1] == {"deleted": 3}
    assert mailbox.list_all() == []


@pytest.mark.parametrize(
    "path", ["/messages?limit=0", "/messages?limit=201", "/messages?cursor=x", "/messages?subject=x"]
)
def test_messages_with_a_bad_parameter_are_refused(mailbox: Mailbox, path: str) -> None:
    assert mailbox.get(path)[0] == 422


def test_bounce_address_is_refused_for_good(mailbox: Mailbox) -> None:
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
            mailbox.send(make_mail("bounce@example.cn"))
        assert caught.value.recipients["bounce@example.cn"][0] == 550
    assert mailbox.list_all() == []


def test_greylist_address_is_refused_once(mailbox: Mailbox) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as caught:
        mailbox.send(make_mail("greylist+7@example.cn"))
    assert caught.value.recipients["greylist+7@example.cn"][0] == 451
    mailbox.kill()
    mailbox.start()
    mailbox.send(make_mail("greylist+7@example.cn"))
    assert len(mailbox.list_all()) == 1


def test_slow_address_is_answered_after_the_message_is_kept(mailbox: Mailbox) -> None:
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(mailbox.send, make_mail("slow@example.cn"))
        wait_until(mailbox.list_all)
        assert not sent.done()
        sent.result()


def test_vanish_address_keeps_the_message_and_never_says_so_once(mailbox: Mailbox) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        mailbox.send(make_mail("vanish@example.cn"))
    mailbox.send(make_mail("vanish@example.cn"))
    assert [item["message_id"] for item in mailbox.list_all()] == ["<1@openfapiao.example>"] * 2


def test_connection_sends_many_messages_and_empty_ones(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=5) as client:
        client.sendmail(SENDER, "a@example.cn", b"")
        client.sendmail(SENDER, "b@example.cn", b"Subject: x\r\n\r\nends with a dot.\r\n.\r\n.leading\r\n")
        assert client.docmd("DATA")[0] == 503
    empty, dotted = mailbox.list_all()
    assert (empty["text"].strip(), dotted["text"]) == ("", "ends with a dot.\n.\n.leading\n")


def test_kill_while_sending_loses_no_acknowledged_message(mailbox: Mailbox) -> None:
    acknowledged: list[int] = []
    is_under_way = threading.Event()

    def send_range(start: int) -> None:
        with (
            suppress(OSError, smtplib.SMTPException),
            smtplib.SMTP("127.0.0.1", mailbox.smtp_port, timeout=5) as client,
        ):
            for number in range(start, start + 100_000):
                client.send_message(make_mail("ap@example.cn", number=number), from_addr=SENDER)
                acknowledged.append(number)
                if len(acknowledged) >= 60:
                    is_under_way.set()

    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(send_range, worker * 100_000) for worker in range(3)]
        assert is_under_way.wait(15)
        mailbox.kill()
        for run in runs:
            run.result()
    mailbox.start()
    kept = {item["message_id"] for item in mailbox.list_all()}
    assert {f"<{number}@openfapiao.example>" for number in acknowledged} <= kept
