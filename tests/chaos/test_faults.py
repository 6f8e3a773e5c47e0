"""The small form of `make faults`: 500 invoices, 5 % of them with a fault; the full one issues 10,000."""

from pathlib import Path

import pytest

from sandbox.bureau.faults import MAGIC_WORDS
from tests.chaos.faults import Rehearsal, print_table
from tests.helpers.databases import MakeDatabase

pytestmark = pytest.mark.timeout(120)


async def test_both_books_are_equal_after_faults_of_every_mode(
    database: MakeDatabase, tmp_path: Path
) -> None:
    rehearsal = Rehearsal(invoices=500, percent=5, seed=11, drain_seconds=60)
    rows = await rehearsal.run(await database("invoice"), tmp_path)
    print_table(rehearsal, rows, 0)
    assert [row for row in rows if not row.is_good] == []
    assert set(rehearsal.words) == set(MAGIC_WORDS.values())
    told = rehearsal.words["unsolicited_callback"]
    assert rehearsal.callbacks == {202: 5 * told, 400: told}
