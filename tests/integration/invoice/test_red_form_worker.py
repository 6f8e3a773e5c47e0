"""One red-letter form that cannot be dealt with holds up no other, is counted, and is tried again later."""

from typing import Any

from prometheus_client import REGISTRY

from libs.common.db import transaction
from services.invoice.authority.red_form_worker import RedFormWorker
from services.invoice.domain.red_authority import FormOutcome, FormUpload
from services.invoice.domain.red_form import RedFormState, RegisteredForm
from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import issuing, make_body, make_settings

NOT_HANDLED = "openfapiao_red_forms_not_handled_total"


class Registry:
    """A bureau that registers every form, the first one under a number that no database can keep."""

    def __init__(self) -> None:
        self.applied: list[str] = []

    async def apply_form(self, upload: FormUpload) -> FormOutcome:
        number = f"{len(self.applied)}" if self.applied else "\0"
        self.applied.append(upload.serial)
        return FormOutcome(RegisteredForm(RedFormState("01"), number, "1" * 32, None, None))


async def test_form_that_cannot_be_recorded_holds_up_no_other_and_is_tried_later(
    database: MakeDatabase,
) -> None:
    made = await database("invoice")
    registry: Any = Registry()
    reissuing: Any = None
    counted = REGISTRY.get_sample_value(NOT_HANDLED) or 0
    async with issuing(made) as shop:
        for number in range(3):
            body = make_body(reference=f"R-{number}")
            key = {"idempotency-key": f"k-{number}"}
            blue = (await shop.client.post("/v1/invoices", json=body, headers=key)).json()
            path = f"/v1/invoices/{blue['id']}/red-forms"
            order = {"reason": "goods_returned"}
            form = await shop.client.post(path, json=order, headers={"idempotency-key": f"f-{number}"})
            assert form.status_code == 201, form.text
        worker = RedFormWorker(shop.worker_pool, registry, make_settings(made.worker), reissuing)
        await worker.step()
        assert len(registry.applied) == 3
        forms = (await shop.client.get("/v1/red-forms")).json()["items"]
        states = {form["id"].replace("-", ""): form["confirmation_number"] for form in forms}
        assert [states[serial] for serial in registry.applied] == [None, "1", "2"]
        async with transaction(shop.worker_pool) as tx:
            waiting = (
                "select next_attempt_at > updated_at and claimed_until is null from red_forms where id = $1"
            )
            assert await tx.fetchval(waiting, registry.applied[0])
    assert REGISTRY.get_sample_value(NOT_HANDLED) == counted + 1
