"""Works off bulk jobs: tenants in turn, a block of rows a transaction, and slower while people issue by hand."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta

from pydantic import ValidationError

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.idempotency import IdempotentRequest
from libs.common.ids import InvoiceId, new_id
from libs.common.log import get_logger
from libs.common.middleware import MAX_BODY
from libs.common.problem_answers import invalid_from
from libs.common.problems import BodyTooLarge, Problem, Unavailable
from libs.common.strict_json import parse_json
from services.invoice.commands.hold_job import hold_job
from services.invoice.commands.issue_invoice import IssueRequest
from services.invoice.commands.work_off_rows import TurnLost, WantedRow, work_off
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.job import Block, Job, JobStatus
from services.invoice.domain.pricing import PricedInvoice, price_invoice
from services.invoice.domain.rules import RulePack
from services.invoice.domain.table_rows import refuse_conflicts
from services.invoice.errors import QuotaExceeded
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from services.invoice.store.job import claim_turn, end_turn, is_anybody_issuing
from services.invoice.store.job_rows import load_blocks
from services.invoice.table_reader import read_table

log = get_logger(__name__)

# A tenant's turn; what a killed worker held waits as long as the lease.
TURN_BLOCKS = 5
LEASE = timedelta(seconds=5)
# How long a tenant's jobs rest when the database did not answer.
AWAIT_DATABASE = timedelta(seconds=1)
# Where invoices were issued one by one this recently, jobs give way (ADR 13): a few rows at a time, then a rest so many
# times as long, which makes them slower still where the machine is busy.
RECENTLY = timedelta(seconds=5)
GENTLE_ROWS = 10
GENTLE_REST = 20
_LONGEST_REST = 1.0
_NO_KEY = IdempotentRequest("", "", b"")
_ROWS_BETWEEN_YIELDS = 10


class TurnOver(Exception):  # noqa: N818
    """The next row has to wait: the next turn, which begins with it, will say for what."""


class JobWorker:
    """`step` is a round of a loop."""

    def __init__(self, pool: Pool, promise: timedelta, *, rest: int = GENTLE_REST) -> None:
        self._pool = pool
        self._promise = promise
        self._rest = rest
        self._gives_way = True

    async def step(self) -> bool:
        """One tenant's turn; True if there was one."""
        async with transaction(self._pool) as tx:
            now = utc_now()
            job = await claim_turn(tx, now=now, until=now + LEASE)
            if job is None:
                return False
            blocks = await load_blocks(tx, job, TURN_BLOCKS)
            self._gives_way = await is_anybody_issuing(tx, since=now - RECENTLY)
        rest, hindrance = None, None
        try:
            if job.total is None:
                await read_table(self._pool, job)
            elif self._gives_way or job.status is JobStatus.PAUSED:
                await self._work_off_gently(job, blocks[0])
            else:
                await self._work_off(job, blocks)
        except TurnOver:
            log.info("job_turn_over", job=str(job.id))
        except TurnLost:
            log.info("job_turn_lost", job=str(job.id))
        except (Unavailable, QuotaExceeded) as error:
            log.warning("job_waits", job=str(job.id), error=error.code)
            if type(error) is Unavailable:
                rest = utc_now() + AWAIT_DATABASE
            else:
                hindrance = error
        async with transaction(self._pool) as tx:
            if hindrance is not None:
                await hold_job(tx, job, hindrance, now=utc_now())
            await end_turn(tx, job.tenant, until=rest)
        return True

    async def _work_off(self, job: Job, blocks: Sequence[Block]) -> None:
        """While the database takes in one block, the next is priced; as soon as somebody issues singly, it ends."""
        rows = await self._price(job, blocks[0])
        for following in (*blocks[1:], None):
            recording = asyncio.create_task(self._record(job, rows, is_rest_of_block=True))
            try:
                rows = [] if following is None else await self._price(job, following)
            finally:
                job = await recording
            if self._gives_way:
                return

    async def _work_off_gently(self, job: Job, block: Block) -> None:
        """A few rows at a time, and rests between: nobody's single invoice waits for a crowd."""
        pieces = block.cut(GENTLE_ROWS)
        ends = time.perf_counter() + LEASE.total_seconds() / 2
        for number, piece in enumerate(pieces, 1):
            began = time.perf_counter()
            rows = await self._price(job, piece)
            job = await self._record(job, rows, is_rest_of_block=number == len(pieces))
            ended = time.perf_counter()
            await asyncio.sleep(min(_LONGEST_REST, self._rest * (ended - began)))
            if not self._gives_way or ended > ends:
                return

    async def _record(self, job: Job, rows: Sequence[WantedRow], *, is_rest_of_block: bool) -> Job:
        """Raises TurnOver where not all of the rows could be decided."""
        async with transaction(self._pool) as tx:
            now = utc_now()
            after = await work_off(tx, job, rows, is_rest_of_block=is_rest_of_block, now=now)
            self._gives_way = await is_anybody_issuing(tx, since=now - RECENTLY)
        if after.done - job.done < len(rows):
            raise TurnOver
        return after

    async def _price(self, job: Job, block: Block) -> list[WantedRow]:
        rules = current_rules()
        places = block.places or (None,) * len(block.rows)
        rows = []
        for row, line, place in zip(block.rows, block.lines, places, strict=True):
            wanted, reference = self._read(job, line, rules)
            rows.append(WantedRow(row, line, place, wanted, reference))
            if len(rows) % _ROWS_BETWEEN_YIELDS == 0:
                await asyncio.sleep(0)
        return rows

    def _read(self, job: Job, line: bytes, rules: RulePack) -> tuple[IssueRequest | Problem, str | None]:
        """The row as a request of its own would be read, and the reference it names."""
        body: object = None
        try:
            if len(line) > MAX_BODY:
                return BodyTooLarge(), None
            body = parse_json(line)
            if job.columns is not None:
                refuse_conflicts(body)
            priced = price_invoice(IssueInvoiceRequest.model_validate(body).to_domain(), rules)
        except ValidationError as error:
            found = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
            return invalid_from(found), _reference(body)
        except Problem as problem:
            return problem, _reference(body)
        return self._request(job, priced, rules), priced.command.reference

    def _request(self, job: Job, priced: PricedInvoice, rules: RulePack) -> IssueRequest:
        return IssueRequest(
            tenant=job.tenant,
            actor=job.actor,
            invoice_id=InvoiceId(new_id()),
            priced=priced,
            qr_kind=rules.qr_code(priced.command.kind),
            promise=self._promise,
            correlation=job.correlation,
            key=_NO_KEY,
        )


def _reference(body: object) -> str | None:
    """What a refused row calls itself, if it can be shown."""
    reference = body.get("reference") if isinstance(body, dict) else None
    return reference[:64] if isinstance(reference, str) and "\0" not in reference else None
