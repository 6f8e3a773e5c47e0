"""Plans of the statements that run for every event, made while the tables are empty, as in a fresh installation."""

import pytest

from libs.common import inbox, relay
from libs.common.db import open_pool, transaction
from services.invoice.store import invoice, submission, view
from services.render.proofs import queries
from services.render.store import claim, day_root, outcome, retention
from tests.helpers.databases import MakeDatabase

INVOICE = {
    "the inbox": inbox.LOAD_PROGRESS,
    "published events": relay.MARK_PUBLISHED,
    "invoices to settle": invoice.LOCK_INVOICES,
    "settled invoices": invoice.UPDATE_INVOICES,
    "due submissions": submission.CLAIM_SUBMISSIONS,
    "settled submissions": submission.DELETE_SUBMISSIONS,
    "statuses in the view": view.CHANGE_STATUS,
    "shown changes": view.CLEAR_BACKLOG,
}
RENDER = {
    "documents to draw": claim.CLAIM_DOCUMENTS,
    "documents given back": claim.RELEASE_DOCUMENTS,
    "documents stored": outcome.SAVE_STORED,
    "documents under a seal": outcome.LOAD_READY,
    "puts confirmed": retention.CONFIRM_PUTS,
    "locks to extend": retention.CLAIM_SHORT_LOCKED,
    "locks extended": retention.SAVE_LOCKS,
    "puts left behind": retention.CLAIM_LEFT_PUTS,
    "days to seal": day_root.FIND_OPEN_DAY,
    "leaves of a day": day_root.LIST_LEAVES,
    "sealed documents": day_root.MARK_SEALED,
    "a proof": queries.FIND_PROOF,
}
STATEMENTS = {
    f"{service}: {name}": (service, statement)
    for service, statements in (("invoice", INVOICE), ("render", RENDER))
    for name, statement in statements.items()
}


@pytest.mark.parametrize(("service", "statement"), STATEMENTS.values(), ids=STATEMENTS.keys())
async def test_plan_made_for_an_empty_table_does_not_read_all_of_it(
    database: MakeDatabase, service: str, statement: str
) -> None:
    """Such a plan is kept until the next analyze, when the table may hold a million rows."""
    made = await database(service)
    async with (
        open_pool(made.worker, connections=1, name="test-worker") as pool,
        transaction(pool) as tx,
    ):
        parameters = len((await tx.prepare(statement)).get_parameters())
        await tx.execute("set local plan_cache_mode = force_generic_plan")
        await tx.execute(f"prepare wanted as {statement}")
        plan = await tx.fetch(f"explain execute wanted ({', '.join(['null'] * parameters)})")
    text = "\n".join(row[0] for row in plan)
    assert "Seq Scan" not in text, text
    assert "Index Scan" in text or "Bitmap" in text, text
