"""The loop about red-letter forms: tells the bureau what is decided here, learns what is decided there."""

from collections.abc import Sequence
from datetime import timedelta

from libs.common.clock import utc_now
from libs.common.db import Pool, Tx, transaction
from libs.common.log import get_logger
from libs.common.problems import Problem, Unavailable
from services.invoice import metrics
from services.invoice.authority.together import together
from services.invoice.commands.adopt_red_form import accept_issued_red, lock_reversal
from services.invoice.commands.change_red_form import postpone_form, refuse_form, take_over_form
from services.invoice.commands.reissue_invoice import Reissuing, finish_reissue, lock_reissue
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.red_authority import FormOutcome, FormUpload, RedFormAuthority
from services.invoice.domain.red_form import ISSUABLE
from services.invoice.domain.stored_red_form import StoredRedForm, Task
from services.invoice.settings import InvoiceSettings
from services.invoice.store.red_form import claim_red_forms
from services.invoice.store.taxpayer import load_taxpayer

log = get_logger(__name__)

BATCH = 100


class RedFormWorker:
    """`step()` is one round; nothing is held in the database while the bureau is spoken to."""

    def __init__(
        self, pool: Pool, authority: RedFormAuthority, settings: InvoiceSettings, reissuing: Reissuing
    ) -> None:
        self._pool = pool
        self._authority = authority
        self._reissuing = reissuing
        self._lease = timedelta(seconds=2 * settings.authority_timeout_seconds + 5)

    async def step(self) -> bool:
        """Tell and ask what is due; True if there may be more."""
        now = utc_now()
        async with transaction(self._pool) as tx:
            claimed = await claim_red_forms(tx, now=now, until=now + self._lease, limit=BATCH)
            uploads = [await _upload(tx, stored) for stored in claimed]
        if claimed:
            outcomes = await self._speak(claimed, uploads)
            for stored, outcome in zip(claimed, outcomes, strict=True):
                await self._settle_alone(stored, outcome)
        return len(claimed) == BATCH

    async def _speak(
        self, claimed: Sequence[StoredRedForm], uploads: Sequence[FormUpload]
    ) -> list[FormOutcome]:
        """Those with a task one by one, the others in one question."""
        asked = [upload for stored, upload in zip(claimed, uploads, strict=True) if stored.task is None]
        told = [
            self._tell(upload, stored.task)
            for stored, upload in zip(claimed, uploads, strict=True)
            if stored.task is not None
        ]
        answers = iter(await self._ask(asked))
        outcomes = iter(await together(told))
        return [next(answers) if stored.task is None else next(outcomes) for stored in claimed]

    async def _ask(self, uploads: Sequence[FormUpload]) -> list[FormOutcome]:
        if not uploads:
            return []
        try:
            return await self._authority.ask_forms(uploads)
        except AuthorityUnavailable as error:
            log.warning("red_forms_not_asked", error=str(error))
            return [FormOutcome()] * len(uploads)

    async def _tell(self, upload: FormUpload, task: Task) -> FormOutcome:
        try:
            if task is Task.APPLY:
                return await self._authority.apply_form(upload)
            return await self._authority.tell_form(upload, task)
        except AuthorityUnavailable as error:
            log.warning("red_form_not_told", form=upload.serial, task=task, error=str(error))
            return FormOutcome()

    async def _settle_alone(self, stored: StoredRedForm, outcome: FormOutcome) -> None:
        """A form that cannot be dealt with holds up no other, and is tried again later."""
        try:
            await self._settle(stored, outcome)
        except Unavailable:
            raise
        except Exception:
            metrics.ODD_FORMS.inc()
            log.exception("red_form_not_settled", form=str(stored.form.id))
            async with transaction(self._pool) as tx:
                await postpone_form(tx, stored.tenant, stored.form.id, now=utc_now())

    async def _settle(self, stored: StoredRedForm, outcome: FormOutcome) -> None:
        tenant, form_id = stored.tenant, stored.form.id
        async with transaction(self._pool) as tx:
            if outcome.registered is not None:
                if outcome.registered.red_number:
                    await lock_reversal(tx, stored)
                stored = await take_over_form(tx, stored, outcome.registered, now=utc_now())
                if outcome.registered.red_number and stored.form.state in ISSUABLE:
                    rules = self._reissuing.rules()
                    await accept_issued_red(tx, stored, outcome.registered, rules, now=utc_now())
                    return
            elif outcome.error is not None:
                await refuse_form(tx, tenant, form_id, outcome.error, now=utc_now())
                return
            else:
                await postpone_form(tx, tenant, form_id, now=utc_now())
                return
        if stored.replacement is not None and stored.form.state in ISSUABLE:
            await self._reissue(stored)

    async def _reissue(self, stored: StoredRedForm) -> None:
        """Red and new invoice together, unless the request itself is about to do it."""
        try:
            async with transaction(self._pool) as tx:
                locked = await lock_reissue(tx, stored.tenant, stored.form.id)
                await finish_reissue(tx, locked, self._reissuing, now=utc_now())
        except Problem as problem:
            log.warning("reissue_waits", form=str(stored.form.id), error=problem.code)


async def _upload(tx: Tx, stored: StoredRedForm) -> FormUpload:
    taxpayer = await load_taxpayer(tx, stored.tenant, stored.taxpayer_id)
    return FormUpload(taxpayer.seller.tax_id, stored.form.id.hex, stored.form)
