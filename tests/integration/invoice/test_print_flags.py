"""Who takes the money, who checks and which lines are printed: asked for, kept, answered and published."""

import json

from libs.common.db import transaction
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import issuing, make_body

ASKED = {"seller_bank": True, "seller_address": False, "buyer_bank": True, "buyer_address": False}


async def test_print_flags_are_kept_with_the_invoice_and_published(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        wanted = {"seller_bank": True, "buyer_bank": True}
        posted = await shop.post(make_body(print=wanted, payee="王五", reviewer="李四"))
        assert posted.status_code == 201, posted.text
        invoice = posted.json()
        assert (invoice["print"], invoice["payee"], invoice["reviewer"]) == (ASKED, "王五", "李四")
        assert (await shop.client.get(f"/v1/invoices/{invoice['id']}")).json() == invoice
        async with transaction(shop.worker_pool) as tx:
            payload = json.loads(
                await tx.fetchval("select payload from outbox where type = 'invoice.issued.v1'")
            )
        published = payload["invoice"]
        assert (published["print"], published["payee"], published["reviewer"]) == (ASKED, "王五", "李四")


async def test_print_flag_that_is_unknown_is_refused_in_both_languages(database: MakeDatabase) -> None:
    async with issuing(await database("invoice")) as shop:
        answer = await shop.post(make_body(print={"seal": True}))
        (error,) = answer.json()["errors"]
        assert (answer.status_code, error["pointer"]) == (422, "/print/seal")
        assert error["detail"]
        assert error["detail_zh"]
