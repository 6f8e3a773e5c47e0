"""Answers of the bureau that nobody expects: each is no answer, and only to what it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import REGISTRY

from services.invoice.authority.red_forms import RedFormConnector
from services.invoice.domain.authority import AuthorityUnavailable, Upload, Verdict
from services.invoice.domain.red_authority import FormUpload
from tests.unit.invoice.making import make_draft

pytestmark = pytest.mark.fast

UPLOADS = [Upload("a" * 32, make_draft()), Upload("b" * 32, make_draft())]


@asynccontextmanager
async def open_connector(answer: Any) -> AsyncIterator[RedFormConnector]:
    """To a bureau that says the same to everything."""

    async def say(_: web.Request) -> web.Response:
        return web.json_response(answer)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", say)
    runner = web.AppRunner(app)
    await runner.setup()
    await (site := web.TCPSite(runner, "127.0.0.1", 0)).start()
    try:
        async with aiohttp.ClientSession() as http:
            yield RedFormConnector(http, site.name, 5)
    finally:
        await runner.cleanup()


async def test_answer_with_a_state_that_nobody_knows_leaves_that_invoice_unknown() -> None:
    items = [{"status": "found", "state": state} for state in ("archived", "pending")]
    async with open_connector({"items": items}) as bureau:
        outcomes = await bureau.ask(UPLOADS)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.UNKNOWN, Verdict.PENDING]
    assert outcomes[0].error is not None
    assert "archived" in outcomes[0].error.detail


async def test_answer_that_issues_without_a_number_leaves_that_invoice_unknown() -> None:
    items = [
        {"status": "found", "state": "issued", "number": number} for number in (None, "26422000000000000001")
    ]
    async with open_connector({"items": items}) as bureau:
        outcomes = await bureau.ask(UPLOADS)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.UNKNOWN, Verdict.ISSUED]


async def test_answer_with_fewer_items_leaves_all_unknown() -> None:
    async with open_connector({"items": [{"status": "found", "state": "issued"}]}) as bureau:
        outcomes = await bureau.submit(UPLOADS)
    assert [outcome.verdict for outcome in outcomes] == [Verdict.UNKNOWN] * 2


@pytest.mark.parametrize("amount", ["a lot", None, {}])
async def test_answer_with_a_sum_that_is_no_number_is_no_answer(amount: Any) -> None:
    answer = {"total": amount, "used": "0.00", "suspended": False, "amount": amount, "tax": "0.00"}
    async with open_connector(answer | {"invoices": 1, "voided": 0}) as bureau:
        with pytest.raises(AuthorityUnavailable):
            await bureau.get_quota("91420100MA4KXXXX0X", "202611")
        with pytest.raises(AuthorityUnavailable):
            await bureau.add_up_day("91420100MA4KXXXX0X", date(2026, 11, 24))


NO_FORM: Any = None
FORMS = [FormUpload("s", letter * 32, NO_FORM) for letter in "abc"]
ODD_FORMS = [
    {"status": "registered", "serial": "a" * 32, "initiator": "buyer", "number": "1", **word}
    for word in (
        {"state": "99", "reason": "02"},
        {"state": "02", "reason": "nobody's"},
        {"state": "02", "reason": "02"},
    )
]


async def test_form_in_a_state_that_nobody_knows_leaves_its_neighbours_their_answers() -> None:
    counted = count_odd_forms()
    async with open_connector({"items": ODD_FORMS}) as bureau:
        outcomes = await bureau.ask_forms(FORMS)
    assert [outcome.registered is not None for outcome in outcomes] == [False, True, True]
    assert count_odd_forms() - counted == 1


async def test_answer_about_fewer_forms_than_asked_is_no_answer() -> None:
    async with open_connector({"items": ODD_FORMS[1:]}) as bureau:
        with pytest.raises(AuthorityUnavailable):
            await bureau.ask_forms(FORMS)


async def test_list_with_odd_forms_gives_the_others() -> None:
    counted = count_odd_forms()
    items = [*ODD_FORMS, {**ODD_FORMS[2], "serial": "no-id"}]
    async with open_connector({"items": items, "next_cursor": "n"}) as bureau:
        forms, following = await bureau.list_forms("s", "")
    assert ([form.serial for form in forms], following) == (["a" * 32], "n")
    assert count_odd_forms() - counted == 3


def count_odd_forms() -> float:
    return REGISTRY.get_sample_value("openfapiao_red_forms_not_handled_total") or 0
