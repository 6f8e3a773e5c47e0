"""Invoice numbers: none twice, none left out."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.chaos.checker.evidence import Block, Evidence
from tests.chaos.checker.finding import Finding, repeated


def check_unique(evidence: Evidence) -> Finding:
    numbers = [invoice.number for invoice in evidence.invoices if invoice.number]
    violations = [f"{number} was given {numbers.count(number)} times" for number in repeated(numbers)]
    return Finding("numbers: 0 duplicates", len(numbers), tuple(violations))


def check_gapless(evidence: Evidence) -> Finding:
    """In each block exactly the numbers before `next` are used; a block is begun when the one before is used up."""
    taken = {
        (invoice.tenant, int(invoice.number))
        for invoice in evidence.invoices
        if invoice.number and invoice.channel == "local_blocks"
    }
    violations = [line for block in evidence.blocks for line in _gaps(block, taken)]
    inside = {
        (block.tenant, number)
        for block in evidence.blocks
        for number in range(block.first, block.last + 1)
        if (block.tenant, number) in taken
    }
    violations += [f"{number} lies in no block of tenant {tenant}" for tenant, number in taken - inside]
    violations += list(_early_blocks(evidence.blocks))
    known = {(block.tenant, block.first, block.last) for block in evidence.blocks}
    violations += [
        f"block {first}-{last} of tenant {tenant} is known to one side only"
        for tenant, first, last in known ^ set(evidence.blocks_at_bureau)
    ]
    return Finding("numbers: 0 gaps", len(taken), tuple(violations))


def _gaps(block: Block, taken: set[tuple[str, int]]) -> Iterator[str]:
    for number in range(block.first, block.last + 1):
        is_taken = (block.tenant, number) in taken
        if number < block.next and not is_taken:
            yield f"{number} was used by no invoice"
        if number >= block.next and is_taken:
            yield f"{number} is used although the block stands at {block.next}"


def _early_blocks(blocks: Sequence[Block]) -> Iterator[str]:
    for before, after in pairwise(blocks):
        if before.tenant == after.tenant and after.next > after.first and before.next <= before.last:
            yield f"block {after.first} was begun before block {before.first} was used up"
