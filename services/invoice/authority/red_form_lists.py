"""The loop that reads the bureau's lists of red-letter forms, to find those that buyers have entered."""

from datetime import datetime, timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from libs.common.problems import Unavailable
from services.invoice import metrics
from services.invoice.authority.together import together
from services.invoice.commands.adopt_red_form import adopt_buyer_form
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.connector import next_reading
from services.invoice.domain.red_authority import ListedForm, RedFormAuthority
from services.invoice.settings import InvoiceSettings
from services.invoice.store.red_form import Reading, claim_readings, finish_reading, save_cursor

log = get_logger(__name__)

# The bureau is asked for so many taxpayers' lists a round, whoever has waited longest.
READINGS = 50


class RedFormLists:
    """`step()` is one round; a list in which nothing happens is read ever more seldom."""

    def __init__(self, pool: Pool, authority: RedFormAuthority, settings: InvoiceSettings) -> None:
        self._pool = pool
        self._authority = authority
        self._lease = timedelta(seconds=2 * settings.authority_timeout_seconds + 5)

    async def step(self) -> bool:
        """Adopt what buyers have entered since the last time, where that is due; False: at a bounded rate."""
        now = utc_now()
        until = now + self._lease
        async with transaction(self._pool) as tx:
            readings = await claim_readings(tx, now=now, until=until, limit=READINGS)
        await together(self._read(reading, until) for reading in readings)
        return False

    async def _read(self, reading: Reading, leased: datetime) -> None:
        try:
            has_news = await self._list(reading)
        except AuthorityUnavailable as error:
            log.warning("red_forms_not_listed", taxpayer=str(reading.taxpayer_id), error=str(error))
            return
        now = utc_now()
        active_at = now if has_news else reading.active_at
        due_at = next_reading(active_at, now=now)
        async with transaction(self._pool) as tx:
            await finish_reading(tx, reading, leased=leased, active_at=active_at, due_at=due_at)

    async def _list(self, reading: Reading) -> bool:
        """To the end of the list; whether there was anything new."""
        cursor, has_news = reading.cursor, False
        while True:
            forms, following = await self._authority.list_forms(reading.seller, cursor)
            for form in forms:
                has_news |= await self._adopt(reading, form)
            if following:
                async with transaction(self._pool) as tx:
                    await save_cursor(tx, reading, following)
            if following is None:
                return has_news
            cursor = following

    async def _adopt(self, reading: Reading, form: ListedForm) -> bool:
        """Whether it is new. One that cannot be adopted holds up no other."""
        try:
            async with transaction(self._pool) as tx:
                return await adopt_buyer_form(tx, reading.tenant, reading.taxpayer_id, form, now=utc_now())
        except Unavailable:
            raise
        except Exception:
            metrics.ODD_FORMS.inc()
            log.exception("red_form_not_adopted", serial=form.serial, number=form.invoice_number)
            return False
