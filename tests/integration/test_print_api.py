"""What clients of the printing routes see, over HTTP, with real Postgres and a real object store."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from libs.common.ids import TenantId, new_id
from services.render.metrics import INVOICES_PRINTED
from services.render.print.profiles import load_profiles
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Answer, Client, open_client
from tests.helpers.rendering import Issued, issue
from tests.helpers.servers import Server
from tests.unit.render.poppler import text_of

pytestmark = pytest.mark.s3


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as opened:
        yield opened


async def render(client: Client, *numbers: str) -> list[Issued]:
    """Invoices whose PDF is finished."""
    return [await client.rendered(number=number) for number in numbers]


async def print_batch(client: Client, *invoices: Any, **wish: Any) -> Answer:
    body = {"invoice_ids": [str(one) for one in invoices], **wish}
    return await client.ask("POST", "/v1/print-batches", json=body)


def pdf_path(issued: Issued, query: str = "") -> str:
    return f"/v1/invoices/{issued.id}/documents/pdf{query}"


NUMBERS = tuple(f"2642200000000000000{n}" for n in (7, 3, 9, 1, 5, 8))


async def test_prints_are_counted_by_paper(client: Client) -> None:
    printed = await render(client, *NUMBERS[:2])
    before = INVOICES_PRINTED.labels("a5")._value.get()
    assert (await print_batch(client, *(one.id for one in printed), profile="a5")).status == 200
    assert (await client.ask("GET", pdf_path(printed[0], "?profile=a5"))).status == 200
    assert INVOICES_PRINTED.labels("a5")._value.get() == before + 3


async def test_profiles_are_listed_with_paper_and_test_page(client: Client) -> None:
    answer = await client.get("/v1/print-profiles")
    items = {item["name"]: item for item in answer.json["items"]}
    assert (answer.status, list(items)) == (200, list(load_profiles()))
    assert items["a4"]["paper"] == {"width": "210", "height": "297"}
    assert items["roll_80"]["paper"] == {"width": "80", "height": None}
    assert items["two_on_a4"]["pages_per_sheet"] == 2
    assert items["form_241"]["values_only"] == ["paper_special", "paper_ordinary"]
    page = await client.get(items["form_241"]["test_page"] + "?dx=1.5")
    assert (page.status, page.headers["content-type"], page.content[:5]) == (200, "application/pdf", b"%PDF-")


async def test_troubles_are_told_in_both_languages(client: Client) -> None:
    items = (await client.get("/v1/print-troubles")).json["items"]
    assert {"faint", "jam", "driver", "scale"} <= {item["code"] for item in items}
    assert all(item["checks"] and item["steps"] and item["title_zh"] for item in items)


async def test_print_is_a_view_and_the_archived_bytes_stay(client: Client, tmp_path: Path) -> None:
    issued = await client.rendered(number=NUMBERS[0])
    archived = await client.get(pdf_path(issued))
    printed = await client.get(pdf_path(issued, "?profile=a4&dx=-1.5&dy=2"))
    assert (printed.status, printed.headers["cache-control"]) == (200, "no-store")
    assert printed.headers["content-disposition"] == f'inline; filename="print_a4_{NUMBERS[0]}.pdf"'
    assert NUMBERS[0] in text_of(printed.content, tmp_path)
    assert (await client.get(pdf_path(issued, "?profile=a4&dx=-1.5&dy=2"))).content == printed.content
    assert (await client.get(pdf_path(issued))).content == archived.content


async def test_print_is_recorded_with_who_asked(client: Client) -> None:
    issued = await render(client, *NUMBERS)
    await client.get(pdf_path(issued[0], "?dx=1"))
    await print_batch(client, *(one.id for one in issued))
    rows = await client.worker.fetch("select invoice_id, version, actor, via from downloads")
    assert sorted(row["invoice_id"] for row in rows) == sorted([issued[0].id, *(one.id for one in issued)])
    assert {(row["version"], row["via"]) for row in rows} == {(1, "print")}
    assert all(row["actor"].startswith("api_key:") for row in rows)


async def test_print_of_a_voided_invoice_says_so(client: Client, tmp_path: Path) -> None:
    issued = await client.rendered(number=NUMBERS[0])
    await client.worker.void(issued)
    await client.worker.render()
    for profile in load_profiles():
        printed = await client.get(pdf_path(issued, f"?profile={profile}"))
        assert "作废" in text_of(printed.content, tmp_path), profile
    first = await client.get(pdf_path(issued, "?profile=a4&version=1"))
    assert "作废" not in text_of(first.content, tmp_path)


async def test_print_not_ready_is_202(client: Client) -> None:
    issued = issue(client.tenant)
    await client.worker.consume(issued)
    answer = await client.get(pdf_path(issued, "?profile=a4"))
    assert (answer.status, answer.headers["retry-after"]) == (202, "1")


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("pdf?profile=a3", "?profile"),
        ("pdf?profile=a4&dx=20.01", "?dx"),
        ("pdf?dx=1e1", "?dx"),
        ("pdf?dy=nan", "?dy"),
        ("pdf?dy=1.234", "?dy"),
        ("pdf?dx=%EF%BC%91", "?dx"),
        ("pdf?printer=nobody", "?printer"),
        ("pdf?printer=%E2%80%8B", "?printer"),
        ("ofd?profile=a4", "?profile"),
        ("pdf?profile=a4&link=true", "?profile"),
    ],
)
async def test_print_asked_for_wrongly_is_422_in_two_languages(
    client: Client, path: str, pointer: str
) -> None:
    issued = await client.rendered(number=NUMBERS[0])
    answer = await client.get(f"/v1/invoices/{issued.id}/documents/{path}")
    assert answer.status == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == pointer
    assert error["detail"].isascii()
    assert not error["detail_zh"].isascii()


async def test_batch_is_in_the_order_of_numbers_each_once(client: Client, tmp_path: Path) -> None:
    issued = await render(client, *NUMBERS)
    answer = await print_batch(client, *(one.id for one in [*issued, *issued]), profile="a5")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    pages = text_of(answer.content, tmp_path).split("\f")[:-1]
    found = [next(number for number in NUMBERS if number in page) for page in pages]
    assert found == sorted(NUMBERS)


async def test_batch_with_unknown_ids_names_them(client: Client) -> None:
    issued = await client.rendered(number=NUMBERS[0])
    foreign = issue(TenantId(new_id()))
    await client.worker.consume(foreign)
    await client.worker.render()
    unknown = uuid4()
    answer = await print_batch(client, issued.id, unknown, foreign.id)
    assert (answer.status, answer.json["code"]) == (422, "unknown-invoices")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/invoice_ids/1", "/invoice_ids/2"]
    assert str(unknown) in answer.json["errors"][0]["detail"]
    old = await print_batch(client, unknown)
    assert (old.json["retryable"], answer.json["retryable"]) == (False, True)


async def test_batch_not_ready_is_409_until_it_is(client: Client) -> None:
    issued = issue(client.tenant)
    await client.worker.consume(issued)
    answer = await print_batch(client, issued.id)
    assert (answer.status, answer.json["code"]) == (409, "documents-not-ready")
    assert (answer.headers["retry-after"], answer.json["retryable"]) == ("1", True)
    await client.worker.render()
    assert (await print_batch(client, issued.id)).status == 200


async def test_batch_of_documents_that_failed_is_told(client: Client) -> None:
    issued = await client.rendered(number=NUMBERS[0], kind="digital_rail_ticket")
    answer = await print_batch(client, issued.id)
    assert (answer.status, answer.json["code"]) == (409, "documents-failed")


@pytest.mark.parametrize("count", [0, 501])
async def test_batch_of_none_or_too_many_is_refused(client: Client, count: int) -> None:
    answer = await print_batch(client, *(uuid4() for _ in range(count)))
    assert answer.status == 422


async def test_printer_is_saved_and_moves_what_it_prints(client: Client) -> None:
    issued = await client.rendered(number=NUMBERS[0])
    saved = await client.ask(
        "PUT", "/v1/printers/前台针打", json={"profile": "form_241", "dx": "1.50", "dy": -2}
    )
    assert (saved.status, saved.headers["etag"]) == (200, '"1"')
    assert (saved.json["dx"], saved.json["dy"], saved.json["profile"]) == ("1.5", "-2", "form_241")
    assert saved.json["updated_by"].startswith("api_key:")
    named = await client.get(pdf_path(issued, "?printer=前台针打"))
    told = await client.get(pdf_path(issued, "?profile=form_241&dx=1.5&dy=-2"))
    unmoved = await client.get(pdf_path(issued, "?profile=form_241"))
    assert named.content == told.content != unmoved.content
    batched = await print_batch(client, issued.id, printer="前台针打")
    assert batched.headers["content-disposition"] == 'inline; filename="print_form_241_1.pdf"'


async def test_printer_edits_leave_a_trace(client: Client) -> None:
    path = "/v1/printers/a"
    await client.ask("PUT", path, json={"profile": "a4"})
    assert (
        await client.ask("PUT", path, json={"profile": "a5", "dx": "1"}, headers={"if-match": '"7"'})
    ).status == 412
    assert (
        await client.ask("PUT", path, json={"profile": "a5", "dx": "1"}, headers={"if-match": '"1"'})
    ).status == 200
    assert (await client.get(path, **{"if-none-match": '"2"'})).status == 304
    assert [item["name"] for item in (await client.get("/v1/printers")).json["items"]] == ["a"]
    assert (await client.ask("DELETE", path)).status == 204
    assert (await client.ask("DELETE", path)).status == 404
    rows = await client.worker.fetch("select name, profile, dx from printer_changes order by changed_at, id")
    assert [(row["profile"], row["dx"]) for row in rows] == [("a4", 0), ("a5", 1), (None, None)]


async def test_printer_of_another_tenant_is_not_seen(client: Client) -> None:
    await client.ask("PUT", "/v1/printers/a", json={"profile": "a4"})
    stranger = await grant_api_key(client.worker.pool, TenantId(new_id()))
    assert (await client.ask("GET", "/v1/printers", secret=stranger)).json["items"] == []
    assert (await client.ask("GET", "/v1/printers/a", secret=stranger)).status == 404
    assert (await client.ask("DELETE", "/v1/printers/a", secret=stranger)).status == 404
    answer = await client.ask("GET", "/v1/print-profiles/a4/test-page?printer=a", secret=stranger)
    assert (answer.status, answer.json["code"]) == (422, "unknown-printer")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a", {"profile": "a4", "dx": 1.5}),
        ("a", {"profile": "a4", "dx": "21"}),
        ("a", {"profile": "letter"}),
        ("a", {"dx": "1"}),
        ("a", {"profile": "a4", "other": 1}),
        ("x" * 65, {"profile": "a4"}),
        ("%20", {"profile": "a4"}),
        ("%E2%80%AE", {"profile": "a4"}),
        ("%00", {"profile": "a4"}),
    ],
)
async def test_printer_saved_wrongly_is_422(client: Client, name: str, body: Any) -> None:
    assert (await client.ask("PUT", f"/v1/printers/{name}", json=body)).status == 422


async def test_printer_is_saved_only_by_who_may_write(client: Client) -> None:
    reader = await grant_api_key(client.worker.pool, client.tenant, scopes=["document:read"])
    assert (await client.ask("GET", "/v1/printers", secret=reader)).status == 200
    answer = await client.ask("PUT", "/v1/printers/a", json={"profile": "a4"}, secret=reader)
    assert answer.status == 403
    nobody = await grant_api_key(client.worker.pool, client.tenant, scopes=["invoice:read"])
    for method, path in [
        ("GET", "/v1/print-profiles"),
        ("GET", "/v1/print-troubles"),
        ("GET", "/v1/printers"),
    ]:
        assert (await client.ask(method, path, secret=nobody)).status == 403


async def test_printers_of_a_tenant_are_bounded(client: Client) -> None:
    await client.worker.fetch(
        "insert into printers select $1, 'p' || n, 'a4', 0, 0, 1, now(), 'x' from generate_series(1, 200) n",
        client.tenant,
    )
    answer = await client.ask("PUT", "/v1/printers/one-more", json={"profile": "a4"})
    assert (answer.status, answer.json["code"]) == (409, "too-many-printers")
    assert (await client.ask("PUT", "/v1/printers/p7", json={"profile": "a5"})).status == 200
