"""notify's worker as real processes with a broker of their own: killed at the worst moment, and two at once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.process import Process, http_check, wait_until
from deploy.local.running import Running, running
from deploy.local.topics import create_topics
from libs.common.contracts.render import StoredObject
from libs.common.dead_letters import Record
from libs.common.kafka import make_producer
from libs.common.object_store import ObjectStore
from tests.helpers.databases import MakeDatabase
from tests.helpers.notifying import Notifying, Story, notifying, store_pdf
from tests.helpers.records import make_record
from tests.helpers.servers import ACCESS_KEY, PASSWORD, ROOT, Server, free_ports, make_server

pytestmark = [pytest.mark.kafka, pytest.mark.s3]

OnMail = Callable[[], None]


class Receiver:
    """Remembers the Message-IDs a recipient has got; `on_mail` happens before the sender hears of it."""

    def __init__(self) -> None:
        self.mails: list[tuple[str, str]] = []
        self.on_mail: OnMail = lambda: None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        mail = message_from_bytes(envelope.content or b"")
        self.mails.append((envelope.rcpt_tos[0], mail["Message-ID"]))
        self.on_mail()
        return "250 OK"


@dataclass(frozen=True)
class Stage:
    """Everything around the workers."""

    notify: Notifying
    broker: str
    s3_url: str
    smtp_port: int
    receiver: Receiver
    folder: Path

    async def publish(self, records: Sequence[Record]) -> None:
        producer = make_producer(self.broker, "test")
        await producer.start()
        for r in records:
            await producer.send(r.topic, r.value, key=r.key, headers=list(r.headers))
        await producer.stop()

    @asynccontextmanager
    async def worker(self, name: str) -> AsyncIterator[Running]:
        [port] = free_ports(1)
        environment = {
            "OFP_DATABASE_URL": self.notify.database.worker,
            "OFP_KAFKA_BOOTSTRAP": self.broker,
            "OFP_INTERNAL_PORT": str(port),
            "OFP_S3_URL": self.s3_url,
            "OFP_S3_ACCESS_KEY": ACCESS_KEY,
            "OFP_S3_SECRET_KEY": PASSWORD,
            "OFP_SMTP_PORT": str(self.smtp_port),
        }
        process = Process(
            name=name,
            command=(sys.executable, "-m", "services.notify", "worker"),
            environment=environment,
            directory=ROOT,
            is_ready=http_check(f"http://127.0.0.1:{port}/health/ready"),
        )
        async with running(process, self.folder / f"{name}.jsonl") as started:
            yield started

    async def wait_for(self, query: str, expected: int) -> None:
        async def is_so() -> bool:
            return bool((await self.notify.fetch(query))[0][0] == expected)

        await wait_until(is_so, 60, query)


@asynccontextmanager
async def taking_mails(receiver: Receiver) -> AsyncIterator[int]:
    """The port of an SMTP server; it ends with its connections, whoever is at their other end."""
    sessions: list[SMTP] = []

    def take() -> SMTP:
        sessions.append(SMTP(receiver, hostname="test"))
        return sessions[-1]

    server = await asyncio.get_running_loop().create_server(take, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for session in sessions:
        if session.transport is not None:
            session.transport.abort()


@pytest.fixture
async def stage(database: MakeDatabase, s3_server: Server, tmp_path: Path) -> AsyncIterator[Stage]:
    kafka, address = make_server("kafka", tmp_path)
    receiver = Receiver()
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(kafka, tmp_path / "kafka.log"))
        broker = str(address["url"])
        await create_topics(broker)
        port = await stack.enter_async_context(taking_mails(receiver))
        notify = await stack.enter_async_context(notifying(await database("notify")))
        yield Stage(notify, broker, s3_server.url, port, receiver, tmp_path)


@pytest.fixture
async def pdf(s3_server: Server) -> StoredObject:
    store = ObjectStore(s3_server.url, ACCESS_KEY, PASSWORD)
    stored = await store_pdf(store)
    store.close()
    return stored


async def test_worker_killed_between_the_servers_answer_and_its_commit_repeats_the_message_id(
    stage: Stage, pdf: StoredObject
) -> None:
    story = Story(stage.notify.tenant, email="ap@example.cn")
    async with stage.worker("worker") as worker:
        pid = worker.pid
        stage.receiver.on_mail = lambda: os.kill(pid, signal.SIGKILL)
        await stage.publish([story.issued(), story.ready(pdf)])
        await wait_until(_has_mails(stage, 1), 60, "the mail")
        stage.receiver.on_mail = lambda: None
        await worker.stop()
        await stage.notify.make_due()
        await worker.start()
        await stage.wait_for("select count(*) from deliveries where state = 'sent'", 1)
    assert len(stage.receiver.mails) == 2
    assert len(set(stage.receiver.mails)) == 1
    events = await stage.notify.fetch("select type from outbox")
    assert [row["type"] for row in events] == ["notify.delivery_sent.v1"]


def _has_mails(stage: Stage, number: int) -> Any:
    async def check() -> bool:
        return len(stage.receiver.mails) >= number

    return check


async def test_two_workers_one_of_them_killed_mail_every_invoice_and_keep_the_feed_whole(
    stage: Stage, pdf: StoredObject
) -> None:
    notify, number = stage.notify, 80
    stories = [Story(notify.tenant, email=f"ap{n}@example.cn") for n in range(number)]
    poison = make_record("invoice.issued.v1", b"{", tenant=notify.tenant, subject=Story(notify.tenant).id)
    async with stage.worker("worker-1") as first, stage.worker("worker-2"):
        await stage.publish([story.issued() for story in stories[: number // 2]])
        await stage.publish([poison, *(story.ready(pdf) for story in stories)])
        await wait_until(_has_mails(stage, 5), 60, "the first mails")
        await first.kill()
        await stage.publish([story.issued() for story in stories[number // 2 :]])
        await first.start()
        await stage.wait_for(
            "select count(*) from invoices where documents ? 'pdf' and number is not null", number
        )
        await stage.wait_for("select count(*) from deliveries where state = 'sent'", number)
        await stage.wait_for("select count(*) from feed_events", 3 * number)
    ids = {recipient: set() for recipient, _ in stage.receiver.mails}
    for recipient, message_id in stage.receiver.mails:
        ids[recipient].add(message_id)
    assert {len(each) for each in ids.values()} == {1}
    assert len(ids) == number
    repeated = Counter(stage.receiver.mails).total() - number
    assert repeated <= 8, "only what the killed worker had in its hands may be repeated"
    rows = await notify.fetch("select position, id from feed_events order by position")
    assert [row["position"] for row in rows] == list(range(1, 3 * number + 1))
    assert len({row["id"] for row in rows}) == 3 * number
    letters = await notify.fetch("select reason from dead_letters")
    assert [row["reason"] for row in letters] == ["undecodable"]
