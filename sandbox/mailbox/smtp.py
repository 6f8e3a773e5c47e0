"""The SMTP side: a message is on disk before it is acknowledged, and some addresses mean a bad day."""

import asyncio
from datetime import UTC, datetime
from enum import StrEnum

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mailbox.bulk_smtp import LARGEST_MESSAGE, BulkSMTP
from sandbox.mailbox.message import parse
from sandbox.mailbox.store import NewMessage, add_message, is_first_attempt
from sandbox.serving.database import Database

LOG = structlog.get_logger("sandbox.mailbox")

ACCEPTED = "250 2.0.0 OK"


class MagicAddress(StrEnum):
    """What an address brings about by its local part, up to a plus sign: `bounce+42@example.cn`."""

    BOUNCE = "bounce"  # 550 to RCPT, always
    GREYLIST = "greylist"  # 451 to RCPT, the first time for this pair of sender and recipient
    SLOW = "slow"  # the message is kept, 250 comes seconds later
    VANISH = "vanish"  # the message is kept, the connection closes without an answer; once a Message-ID


def find_magic(address: str) -> MagicAddress | None:
    """The address's meaning, if it has one."""
    local_part = address.partition("@")[0].partition("+")[0].lower()
    return MagicAddress(local_part) if local_part in list(MagicAddress) else None


class Receiver:
    """Hooks of aiosmtpd."""

    def __init__(self, database: Database, *, slow_millis: int) -> None:
        self._database = database
        self._slow_millis = slow_millis

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse the recipients that mean it."""
        magic = find_magic(address)
        if magic is MagicAddress.BOUNCE:
            return "550 5.1.1 No such mailbox"
        if magic is MagicAddress.GREYLIST:
            sender = envelope.mail_from or ""
            if await self._database.write(lambda tx: is_first_attempt(tx, sender, address)):
                return "451 4.7.1 Greylisted, try again later"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep the message, then answer, late or not at all where an address asks for it."""
        content = envelope.original_content or b""
        message = NewMessage(
            channel="email",
            sender=envelope.mail_from or "",
            recipients=list(envelope.rcpt_tos),
            received_at=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            content=content,
        )
        await self._database.write(lambda tx: add_message(tx, message))
        LOG.info("message_received", recipients=len(message.recipients), size=len(content))
        for recipient in message.recipients:
            magic = find_magic(recipient)
            if magic is MagicAddress.SLOW:
                await asyncio.sleep(self._slow_millis / 1000)
            if magic is MagicAddress.VANISH and await self._is_new(content, recipient):
                hang_up(server)
        return ACCEPTED

    async def _is_new(self, content: bytes, recipient: str) -> bool:
        message_id = str(parse(content).get("Message-ID", ""))
        return await self._database.write(lambda tx: is_first_attempt(tx, message_id, recipient))


def hang_up(server: SMTP) -> None:
    """Close the connection before anything more is said."""
    if server.transport is not None:
        server.transport.close()


async def start_smtp(receiver: Receiver, host: str, port: int) -> asyncio.Server:
    """Listen; plain SMTP without sign-in, for loopback only."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(
        lambda: BulkSMTP(
            receiver,
            data_size_limit=LARGEST_MESSAGE,
            enable_SMTPUTF8=True,
            hostname="mailbox.sandbox",
            ident="ESMTP",
            loop=loop,
        ),
        host,
        port,
    )
