"""Events that the invoice service really produced, and what its views make of them."""

import random
from collections.abc import Sequence
from uuid import UUID

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.dead_letters import Record
from services.invoice.authority.worker import AuthorityWorker
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.authority import NumberRange, Outcome, QuotaGrant, Upload, Verdict
from services.invoice.domain.invoice import AuthorityError
from services.invoice.domain.kinds import InvoiceKind
from tests.helpers.delivery import take_records
from tests.helpers.invoicing import Issuing, make_body, make_settings

DUE_NOW = """
with lines as (update connectors set next_attempt_at = now())
update submissions set next_attempt_at = now()
"""
HASH = """
select md5(string_agg(row, '\n' order by row))
from (
  select v::text as row from invoice_views v
  union all select t::text from timeline_entries t
  union all select d::text from archived_documents d
  union all select b::text from view_backlog b
) as rows
"""


class HesitantAuthority:
    """Gives no clear answer to a submission and says `issued` when it is asked."""

    async def submit(self, uploads: Sequence[Upload]) -> list[Outcome]:
        error = AuthorityError("timeout", "No answer.", "无应答。")
        return [Outcome(Verdict.UNKNOWN, error=error) for _ in uploads]

    async def ask(self, uploads: Sequence[Upload]) -> list[Outcome]:
        return [
            Outcome(Verdict.ISSUED, number=upload.invoice.number, issued_at=utc_now()) for upload in uploads
        ]

    async def allocate_numbers(self, seller: str, year: int, count: int, *, request_id: str) -> NumberRange:
        raise NotImplementedError

    async def allocate_stock(
        self, seller: str, kind: InvoiceKind, count: int, *, request_id: str
    ) -> NumberRange:
        raise NotImplementedError

    async def get_quota(self, seller: str, period: str) -> QuotaGrant:
        raise NotImplementedError


async def produce_events(shop: Issuing, invoices: int) -> list[Record]:
    """Three events of each invoice: issued, authority_delayed, confirmed."""
    for number in range(invoices):
        answer = await shop.post(make_body(reference=f"R-{number}"))
        assert answer.status_code == 201, answer.text
    settings = make_settings("postgresql://unused")
    worker = AuthorityWorker(shop.worker_pool, HesitantAuthority(), settings, current_rules)
    for _ in range(2):
        async with transaction(shop.worker_pool) as tx:
            await tx.execute(DUE_NOW)
        await worker.settle()
    records = await take_records(shop.worker_pool)
    assert len(records) == 3 * invoices
    return records


def by_subject(records: Sequence[Record]) -> dict[UUID, list[Record]]:
    """The records of each invoice, in order."""
    found: dict[UUID, list[Record]] = {}
    for record in records:
        assert record.key is not None
        found.setdefault(UUID(record.key.decode()), []).append(record)
    return found


def repeat_and_shuffle(records: Sequence[Record], times: int, seed: int) -> list[Record]:
    """Every record `times`, as repeated delivery may bring them: no subject skips ahead, all go back at will."""
    seeded = random.Random(seed)  # noqa: S311 - a repeatable order
    waiting = {subject: list(own) for subject, own in by_subject(records).items()}
    shuffled: list[Record] = []
    repeats: list[Record] = []
    while waiting or repeats:
        if waiting and (not repeats or seeded.random() < 0.4):
            subject = seeded.choice(list(waiting))
            record = waiting[subject].pop(0)
            repeats += [record] * (times - 1)
            if not waiting[subject]:
                del waiting[subject]
        else:
            record = repeats.pop(seeded.randrange(len(repeats)))
        shuffled.append(record)
    return shuffled


async def hash_views(pool: Pool) -> str:
    """One value for the contents of every projection."""
    async with transaction(pool) as tx:
        return str(await tx.fetchval(HASH))
