"""The loop that asks the authority about voids."""

from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.log import get_logger
from services.invoice.authority.together import together
from services.invoice.commands.void_invoice import finish_void, postpone
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.invoice import AuthorityError
from services.invoice.domain.void_authority import VoidAuthority, VoidOutcome
from services.invoice.settings import InvoiceSettings
from services.invoice.store.void import DueVoid, claim_voids

log = get_logger(__name__)

BATCH = 20
_NOT_THERE = AuthorityError(
    "upload-refused",
    "The authority refused the upload of this invoice and knows nothing of it",
    "税务机关已拒绝该发票的上传，未登记该发票",
)


class VoidWorker:
    """`step()` is one round; nothing is held in the database while the authority is spoken to."""

    def __init__(self, pool: Pool, authority: VoidAuthority, settings: InvoiceSettings) -> None:
        self._pool = pool
        self._authority = authority
        self._lease = timedelta(seconds=settings.authority_timeout_seconds + 5)

    async def step(self) -> bool:
        """Ask about what is due; True if there may be more."""
        now = utc_now()
        async with transaction(self._pool) as tx:
            claimed = await claim_voids(tx, now=now, until=now + self._lease, limit=BATCH)
        await together(self.settle(due) for due in claimed)
        return len(claimed) == BATCH

    async def settle(self, due: DueVoid) -> None:
        """Ask about one claimed void and record the word, or when to ask again."""
        outcome = VoidOutcome(_NOT_THERE) if due.is_refused else await self._ask(due)
        async with transaction(self._pool) as tx:
            if outcome is None:
                await postpone(tx, due.void, now=utc_now())
            else:
                await finish_void(tx, due.void, outcome, now=utc_now())

    async def _ask(self, due: DueVoid) -> VoidOutcome | None:
        try:
            return await self._authority.void(due.order)
        except AuthorityUnavailable as error:
            log.warning("void_not_answered", void=str(due.void.id), error=str(error))
            return None
