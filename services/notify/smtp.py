"""One connection to the mail server, kept open between mails, and what the server's answers mean."""

import asyncio
import time

import aiosmtplib

from libs.common.problems import Unavailable

CONNECT_SECONDS = 3.0
SEND_SECONDS = 12.0
_IDLE_SECONDS = 20.0
_MAILS_A_CONNECTION = 100


class ServerUnreachable(Unavailable):
    """The mail server cannot be reached: every mail has to wait."""

    code = "mail-server-unreachable"
    title = "The mail server cannot be reached at the moment"
    title_zh = "邮件服务器暂时不可用"


class MailRefused(Exception):  # noqa: N818
    """The server did not take this mail, or its answer was lost; `is_permanent` says whether trying again is vain."""

    def __init__(self, reason: str, *, is_permanent: bool) -> None:
        super().__init__(reason)
        self.is_permanent = is_permanent


class Connection:
    """Sends mails one after the other; not for use by two tasks at once."""

    def __init__(self, host: str, port: int, *, sender: str) -> None:
        self._address = (host, port)
        self._sender = sender
        self._client: aiosmtplib.SMTP | None = None
        self._used_at = 0.0
        self._mails = 0

    async def send(self, mail: bytes, recipient: str) -> None:
        """Returns once the server has taken the mail. Raises ServerUnreachable or MailRefused."""
        client = await self._connected()
        self._used_at = time.monotonic()
        self._mails += 1
        try:
            await asyncio.wait_for(client.sendmail(self._sender, recipient, mail), SEND_SECONDS)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0]) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            self._drop()
            raise MailRefused(f"connection lost ({type(error).__name__})", is_permanent=False) from error
        except asyncio.CancelledError:
            self._drop()
            raise

    async def _connected(self) -> aiosmtplib.SMTP:
        """A connection that has not been idle long enough for the server to have closed it."""
        is_fresh = time.monotonic() - self._used_at < _IDLE_SECONDS and self._mails < _MAILS_A_CONNECTION
        if self._client is not None and self._client.is_connected and is_fresh:
            return self._client
        await self.close()
        host, port = self._address
        local = self._sender.rpartition("@")[2]
        client = aiosmtplib.SMTP(hostname=host, port=port, timeout=CONNECT_SECONDS, local_hostname=local)
        try:
            await asyncio.wait_for(client.connect(), CONNECT_SECONDS)
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            client.close()
            raise ServerUnreachable(f"No mail server answers at {host}:{port} ({error!r}).") from error
        client.timeout = SEND_SECONDS
        self._client, self._mails = client, 0
        return client

    async def close(self) -> None:
        """Say goodbye, without waiting long for an answer."""
        client, self._client = self._client, None
        if client is None:
            return
        try:
            await asyncio.wait_for(client.quit(), 1.0)
        except (aiosmtplib.SMTPException, OSError, TimeoutError):
            client.close()

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


def _refused(error: aiosmtplib.SMTPResponseException) -> MailRefused:
    """5yz refuses for good (RFC 5321, 4.2.1), except where the fault is ours: the sender is refused, not the mail."""
    is_permanent = error.code >= 500 and not isinstance(error, aiosmtplib.SMTPSenderRefused)
    return MailRefused(f"{error.code} {error.message}"[:500], is_permanent=is_permanent)
