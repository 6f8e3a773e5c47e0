"""A verification from end to end: whose document it is, what it is compared with, what comes of it."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

import msgspec

from libs.common.db import Pool, transaction
from services.render.archive import Archive
from services.render.verification.errors import VerificationBusy
from services.render.verification.jail import Jail
from services.render.verification.queries import (
    Carrier,
    Owner,
    Standing,
    find_document_owner,
    find_invoice_owner,
    list_carriers,
    load_standing,
)
from services.render.verification.question import Question, compare_facts
from services.render.verification.readers import Claim, Difference, compare, read_claim
from services.render.verification.tries import Tries
from services.render.verification.verdict import Finding, Verdict, decide, is_evident, least_altered

# Files of one address that are read or wait to be.
MOST_OF_ONE = 5
# The number of the longest invoice is found in half a second; only what is compared may take longer.
CLAIM_CPU_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Outcome:
    """`standing` only where the asker holds enough of the invoice to be told."""

    verdict: Verdict
    format: str
    version: int | None = None
    is_original: bool = False
    is_superseded: bool = False
    differences: Sequence[Difference] = ()
    standing: Standing | None = None


class Verifier:
    """The archive's documents are the truth."""

    def __init__(self, pool: Pool, archive: Archive, jail: Jail) -> None:
        self._pool = pool
        self._archive = archive
        self._jail = jail
        self._tries = Tries()
        self._in_hand: Counter[UUID] = Counter()

    async def find_original(self, content: bytes) -> Outcome | None:
        """The outcome for the very bytes of an archived document; they are not even looked at."""
        digest = hashlib.sha256(content).hexdigest()
        async with transaction(self._pool) as tx:
            key = await find_document_owner(tx, digest)
        if key is None:
            return None
        owner = Owner(key.tenant, key.invoice)
        standing, carriers = await self._load(owner, key.format)
        if standing is None:
            return None
        finding = Finding(key.version, ())
        return _conclude(key.format, finding, standing, carriers, is_original=True)

    async def verify_file(self, file_format: str, content: bytes, caller: UUID) -> Outcome:
        """Raises FileUnreadable and VerificationBusy, and what the archive may raise."""
        with self._admitted(caller):
            return await self._verify_file(file_format, content)

    @contextmanager
    def _admitted(self, caller: UUID) -> Iterator[None]:
        """Nobody alone fills the queue of the readers."""
        if self._in_hand[caller] >= MOST_OF_ONE:
            raise VerificationBusy(retry_after=2)
        self._in_hand[caller] += 1
        try:
            yield
        finally:
            self._in_hand -= Counter([caller])  # what is at nothing is forgotten

    async def _verify_file(self, file_format: str, content: bytes) -> Outcome:
        claim = await self._jail.call(
            read_claim, file_format, content, result=Claim, cpu_seconds=CLAIM_CPU_SECONDS
        )
        best: Outcome | None = None
        for code, number in claim.numbers:
            outcome = await self._compare_file(claim.format, content, code, number)
            if outcome and (best is None or len(outcome.differences) < len(best.differences)):
                best = outcome
        return best or Outcome("unknown", claim.format)

    async def _compare_file(self, file_format: str, content: bytes, code: str, number: str) -> Outcome | None:
        """From every archived version; None where there is none, or the file shows too little of the invoice."""
        owner = await self._find_owner(code, number)
        if owner is None:
            return None
        standing, carriers = await self._load(owner, file_format)
        if standing is None or not carriers:
            return None
        archived = [await self._archive.read(one.key, one.place, sha256=one.sha256) for one in carriers]
        compared = await self._jail.call(
            compare, file_format, content, archived, standing.body, result=list[list[Difference]]
        )
        finding = least_altered(
            Finding(one.key.version, differences)
            for one, differences in zip(carriers, compared, strict=False)
        )
        return (
            _conclude(file_format, finding, standing, carriers) if is_evident(finding.differences) else None
        )

    async def answer_question(self, question: Question) -> Outcome:
        owner = await self._find_owner(question.code, question.number)
        standing = (await self._load(owner, "xml"))[0] if owner else None
        if standing is None:
            return Outcome("unknown", question.format)
        differences = compare_facts(question, msgspec.json.decode(standing.body))
        is_told = not differences or self._tries.count_wrong(question.code, question.number)
        if not is_told or not is_evident(differences, question.facts):
            return Outcome("unknown", question.format)
        return _conclude(question.format, Finding(None, differences), standing, ())

    async def _find_owner(self, code: str, number: str) -> Owner | None:
        async with transaction(self._pool) as tx:
            return await find_invoice_owner(tx, code, number)

    async def _load(self, owner: Owner, file_format: str) -> tuple[Standing | None, list[Carrier]]:
        async with transaction(self._pool, owner.tenant) as tx:
            return await load_standing(tx, owner), await list_carriers(tx, owner, file_format)


def _conclude(
    file_format: str,
    finding: Finding,
    standing: Standing,
    carriers: Sequence[Carrier],
    *,
    is_original: bool = False,
) -> Outcome:
    newest = max((carrier.key.version for carrier in carriers), default=None)
    return Outcome(
        decide(finding.differences, status=standing.status, reversal=standing.reversal),
        file_format,
        version=finding.version,
        is_original=is_original,
        is_superseded=finding.version is not None and newest is not None and finding.version < newest,
        differences=finding.differences,
        standing=standing,
    )
