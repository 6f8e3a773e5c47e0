"""The loop that deals with the authority about invoices: submit and ask, a line for each taxpayer."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.context import new_correlation
from libs.common.db import Pool, Tx, transaction
from libs.common.ids import InvoiceId
from libs.common.log import get_logger
from libs.common.outbox import NewEvent, append_many
from services.invoice.authority.together import together
from services.invoice.commands.issue_red_invoice import settle_reds
from services.invoice.commands.settle_submissions import Answer, settle_submissions
from services.invoice.domain.authority import Authority, Upload, Verdict
from services.invoice.domain.connector import Connector, ConnectorState, judge_connector
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.events import connector_changed
from services.invoice.settings import InvoiceSettings
from services.invoice.store.connector import Line, claim_lines, release_line
from services.invoice.store.invoice import load_invoices_locked
from services.invoice.store.submission import Submission, claim_submissions, hasten_submissions
from services.invoice.store.taxpayer import load_taxpayer

log = get_logger(__name__)

# Of each taxpayer one batch is under way at a time, of so many taxpayers at once.
BATCH = 200
LINES = 20
# What waits after a few failed rounds waits no longer than this once one has succeeded.
_AFTER_TROUBLE = timedelta(seconds=3)


class _Task(NamedTuple):
    """A claimed submission with its invoice."""

    submission: Submission
    stored: StoredInvoice

    @property
    def upload(self) -> Upload:
        return Upload(self.submission.serial, self.stored.invoice)


class AuthorityWorker:
    """Each method is a round of a loop; nothing is held in the database while the authority is spoken to."""

    def __init__(
        self, pool: Pool, authority: Authority, settings: InvoiceSettings, rules: Callable[[], RulePack]
    ) -> None:
        self._pool = pool
        self._authority = authority
        self._settings = settings
        self._rules = rules
        # A round asks once and submits once; what a killed worker held waits so long.
        self._lease = timedelta(seconds=2 * settings.authority_timeout_seconds + 5)

    async def settle(self) -> bool:
        """Submit or ask what is due; True if there may be more."""
        async with transaction(self._pool) as tx:
            now = utc_now()
            until = now + self._lease
            lines = await claim_lines(tx, now=now, until=until, limit=LINES)
            claimed = await claim_submissions(tx, lines, now=now, until=until, most=BATCH) if lines else []
            wanted = [(each.tenant, InvoiceId(each.invoice_id)) for each in claimed]
            found = await load_invoices_locked(tx, wanted) if claimed else {}
        groups: dict[UUID, list[_Task]] = {line.taxpayer_id: [] for line in lines}
        for each in claimed:
            groups[each.taxpayer_id].append(_Task(each, found[InvoiceId(each.invoice_id)]))
        await together(self._serve(line, groups[line.taxpayer_id]) for line in lines)
        return len(lines) == LINES or any(len(group) == BATCH for group in groups.values())

    async def _serve(self, line: Line, tasks: Sequence[_Task]) -> None:
        """One line's round; a slow one holds up no other."""
        answers = await self._deal(tasks) if tasks else []
        async with transaction(self._pool) as tx:
            now = utc_now()
            if answers:
                final = await settle_submissions(tx, answers, rules=self._rules(), now=now)
                await settle_reds(tx, [each for each in final if each.invoice.red is not None], now=now)
            before = line.connector
            outcomes = [answer.outcome for answer in answers]
            percent = random.randint(75, 125)  # noqa: S311 - spreads retries, guards nothing
            after = judge_connector(before, outcomes, now=now, percent=percent) if outcomes else before
            is_ours = await release_line(tx, line, after, now=now)
            if is_ours and after.state is not before.state:
                await self._change(tx, line, after)

    async def _change(self, tx: Tx, line: Line, after: Connector) -> None:
        """A line that is well again leaves nobody to the end of a back-off; closing and opening is announced."""
        if after.state is ConnectorState.OK:
            rest = timedelta(0) if line.connector.is_closed else _AFTER_TROUBLE
            await hasten_submissions(tx, line, by=after.since + rest)
        if not (line.connector.is_closed or after.is_closed):
            return
        taxpayer = await load_taxpayer(tx, line.tenant, line.taxpayer_id)
        event = connector_changed(taxpayer.seller, line.connector, after)
        await append_many(
            tx, [NewEvent(line.tenant, line.taxpayer_id, event, new_correlation())], now=after.since
        )
        log.warning("connector_changed", taxpayer=str(line.taxpayer_id), state=after.state)

    async def _deal(self, tasks: Sequence[_Task]) -> list[Answer]:
        """Ask before anything whose outcome is unknown is submitted again, always under its one serial."""
        asked = [task for task in tasks if task.submission.ask_first]
        fresh = [task for task in tasks if not task.submission.ask_first]
        answers: list[Answer] = []
        if asked:
            outcomes = await self._authority.ask([task.upload for task in asked])
            for task, outcome in zip(asked, outcomes, strict=True):
                if outcome.verdict is Verdict.NOT_FOUND:
                    fresh.append(task)
                else:
                    answers.append(Answer(task.submission, task.stored, outcome))
        if fresh:
            submitted = await self._authority.submit([task.upload for task in fresh])
            answers += [
                Answer(task.submission, task.stored, outcome)
                for task, outcome in zip(fresh, submitted, strict=True)
            ]
        return answers
