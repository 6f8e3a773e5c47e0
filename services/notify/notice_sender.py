"""Sends notices to users: claims what is due, hands mails to the server, records what became of them."""

from collections.abc import Sequence
from datetime import timedelta

from libs.common.addresses import mask_email
from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.problems import Unavailable
from services.notify.commands.notices import give_back, record_refusal, record_sent, withdraw
from services.notify.domain.notices import ClaimedNotice
from services.notify.mail import compose_notice
from services.notify.metrics import NOTICES_ATTEMPTED
from services.notify.smtp import CONNECT_SECONDS, SEND_SECONDS, Connection, MailRefused
from services.notify.store.notice import claim_notices

log = get_logger(__name__)

_ROUND = 4
_LEASE = timedelta(seconds=_ROUND * (CONNECT_SECONDS + SEND_SECONDS) + 5)


class NoticeSender:
    """`step()` is one round. A mail whose outcome could not be recorded is sent again with the same Message-ID."""

    def __init__(self, pool: Pool, connection: Connection, *, sender: str) -> None:
        self._pool = pool
        self._connection = connection
        self._sender = sender

    async def step(self) -> bool:
        """True if there may be more. Raises Unavailable if the mail server is away; what was claimed is given back."""
        async with transaction(self._pool) as tx:
            claimed = await claim_notices(tx, now=utc_now(), lease=_LEASE, limit=_ROUND)
        for place, notice in enumerate(claimed):
            try:
                outcome = await self._send(notice)
            except Unavailable as error:
                await self._give_back(claimed[place:], str(error))
                raise
            NOTICES_ATTEMPTED.labels(outcome).inc()
            log.info(
                "notice_attempted",
                outcome=outcome,
                about=str(notice.event_id),
                to=mask_email(notice.email or ""),
            )
        return len(claimed) == _ROUND

    async def _send(self, notice: ClaimedNotice) -> str:
        if notice.email is None:
            async with transaction(self._pool) as tx:
                await withdraw(tx, notice, now=utc_now())
            return "withdrawn"
        try:
            mail = compose_notice(notice, notice.email, sender=self._sender, now=utc_now())
            await self._connection.send(mail, notice.email)
        except (MailRefused, ValueError) as error:
            is_permanent = not isinstance(error, MailRefused) or error.is_permanent
            async with transaction(self._pool) as tx:
                await record_refusal(tx, notice, str(error), is_permanent=is_permanent, now=utc_now())
            return "refused"
        async with transaction(self._pool) as tx:
            await record_sent(tx, notice, now=utc_now())
        return "sent"

    async def _give_back(self, notices: Sequence[ClaimedNotice], reason: str) -> None:
        async with transaction(self._pool) as tx:
            await give_back(tx, notices, reason, now=utc_now())

    async def close(self) -> None:
        await self._connection.close()
