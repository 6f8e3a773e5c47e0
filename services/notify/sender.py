"""Sends what is due: claims deliveries, reads their documents, hands mails to the server, records the outcome."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from libs.common.addresses import mask_email
from libs.common.clock import utc_now
from libs.common.context import Correlation, correlated
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.object_store import CorruptObject, ObjectStore, Recorded, Slice, StoreUnavailable
from libs.common.problems import Unavailable
from services.notify.commands.delivery import give_back, record_refusal, record_sent, withdraw
from services.notify.domain.deliveries import (
    MOST_BYTES,
    About,
    Attachments,
    ClaimedDelivery,
    Document,
    choose_attachments,
)
from services.notify.mail import compose, compose_void, message_id
from services.notify.metrics import DELIVERIES_ATTEMPTED
from services.notify.smtp import CONNECT_SECONDS, SEND_SECONDS, Connection, MailRefused
from services.notify.store.delivery import claim_deliveries

log = get_logger(__name__)

_MAILS_A_CONNECTION = 4
_READ_SECONDS = 4.0
# A round begins no mail later than this after its claim, so that every mail ends before the lease does.
_START_SECONDS = 2.0
_LEASE = timedelta(seconds=_START_SECONDS + _READ_SECONDS + CONNECT_SECONDS + SEND_SECONDS + 3.0)
_TRIES_TO_RECORD = 30
_SECONDS_BETWEEN_TRIES = 0.5


class Sender:
    """`step()` is one round. A mail whose outcome could not be recorded is sent again with the same Message-ID."""

    def __init__(
        self,
        pool: Pool,
        documents: ObjectStore,
        connections: Sequence[Connection],
        *,
        sender: str,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`most_bytes`: of all documents in one mail."""
        self._pool = pool
        self._documents = documents
        self._connections = connections
        self._sender = sender
        self._most_bytes = most_bytes

    async def step(self) -> bool:
        """Send what is due, at most a few mails a connection; True if there may be more.

        Raises Unavailable if the mail server or the archive is away; what could not be tried is given back.
        """
        limit = _MAILS_A_CONNECTION * len(self._connections)
        async with transaction(self._pool) as tx:
            claimed = await claim_deliveries(tx, now=utc_now(), lease=_LEASE, limit=limit)
        waiting = iter(claimed)
        lanes = [self._send_in_turn(waiting, connection) for connection in self._connections[: len(claimed)]]
        failures = [error for error in await asyncio.gather(*lanes, return_exceptions=True) if error]
        await self._give_back(list(waiting), "not tried")
        if failures:
            raise failures[0]
        return len(claimed) == limit

    async def _send_in_turn(self, waiting: Iterator[ClaimedDelivery], connection: Connection) -> None:
        """Take deliveries until none is left, time is up or a server is away."""
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and (delivery := next(waiting, None)) is not None:
            with correlated(Correlation(delivery.correlation_id, delivery.traceparent)):
                await self._send(delivery, connection)

    async def _send(self, delivery: ClaimedDelivery, connection: Connection) -> None:
        if delivery.is_exhausted:
            await self._record_refusal(delivery, "no attempt came to an end", is_permanent=True)
            return
        if delivery.is_pointless:
            await self._withdraw(delivery)
            return
        enclosed = choose_attachments(delivery.mailed, self._most_bytes)
        try:
            mail = await self._compose(delivery, enclosed)
            await connection.send(mail, delivery.recipient)
        except Unavailable as error:
            await self._give_back([delivery], str(error))
            raise
        except MailRefused as error:
            await self._record_refusal(delivery, str(error), is_permanent=error.is_permanent)
        except Exception as error:
            log.exception("delivery_attempt_failed", invoice=str(delivery.invoice.id))
            await self._record_refusal(delivery, type(error).__name__, is_permanent=False)
        else:
            await self._record_sent(delivery, [each.format for each in enclosed.documents])

    async def _compose(self, delivery: ClaimedDelivery, enclosed: Attachments) -> bytes:
        if delivery.about is About.VOID:
            return compose_void(delivery, sender=self._sender, now=utc_now())
        contents = await self._read(enclosed.documents)
        return compose(delivery, enclosed, contents, sender=self._sender, now=utc_now())

    async def _read(self, documents: Sequence[Document]) -> list[bytes]:
        """Raises CorruptObject, and StoreUnavailable also when it takes too long."""
        parts = [
            Recorded(Slice(each.bucket, each.key, each.version_id, each.offset, each.length), each.sha256)
            for each in documents
        ]
        try:
            found = await asyncio.wait_for(self._documents.read_many(parts), _READ_SECONDS)
        except TimeoutError:
            raise StoreUnavailable("The object store did not answer in time.") from None
        contents = [content for content in found if content is not None]
        if len(contents) < len(documents):
            raise CorruptObject
        return contents

    async def _record_sent(self, delivery: ClaimedDelivery, attached: Sequence[str]) -> None:
        """Insist while the database is away: what stays unrecorded is sent twice."""
        for tries in range(1, _TRIES_TO_RECORD + 1):
            try:
                async with transaction(self._pool) as tx:
                    name = message_id(delivery.id, self._sender)
                    await record_sent(tx, delivery, name, attached, now=utc_now())
                break
            except Unavailable as error:
                log.warning("delivery_not_recorded", delivery=str(delivery.id), error=repr(error))
                if tries == _TRIES_TO_RECORD:
                    raise
                await asyncio.sleep(_SECONDS_BETWEEN_TRIES)
        self._report(delivery, "sent")

    async def _record_refusal(self, delivery: ClaimedDelivery, reason: str, *, is_permanent: bool) -> None:
        async with transaction(self._pool) as tx:
            await record_refusal(tx, delivery, reason, is_permanent=is_permanent, now=utc_now())
        self._report(delivery, "refused", is_permanent=is_permanent)

    async def _withdraw(self, delivery: ClaimedDelivery) -> None:
        async with transaction(self._pool) as tx:
            await withdraw(tx, delivery, now=utc_now())
        self._report(delivery, "withdrawn")

    async def _give_back(self, deliveries: Sequence[ClaimedDelivery], reason: str) -> None:
        if not deliveries:
            return
        async with transaction(self._pool) as tx:
            await give_back(tx, deliveries, reason, now=utc_now())
        for delivery in deliveries:
            self._report(delivery, "postponed")

    def _report(self, delivery: ClaimedDelivery, outcome: str, **fields: object) -> None:
        DELIVERIES_ATTEMPTED.labels(delivery.channel, outcome).inc()
        log.info(
            "delivery_attempted",
            outcome=outcome,
            delivery=str(delivery.id),
            invoice=str(delivery.invoice.id),
            attempt=delivery.attempt,
            to=mask_email(delivery.recipient),
            **fields,
        )

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()
