"""Previews of what the invoice service really answers to a dry run, over HTTP."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from libs.common.ids import TenantId, new_id
from services.invoice.domain.kinds import STOCKED, InvoiceKind
from services.render.api.previews import MOST_BYTES, PATH
from services.render.main import build
from services.render.preview.document import QR_TEXT
from services.render.print.profiles import load_profiles
from services.render.resources import open_resources
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Answer, Client, open_client
from tests.helpers.in_process import make_client, open_app
from tests.helpers.invoicing import Issuing, add_stock, issuing, make_body
from tests.helpers.servers import Server
from tests.unit.invoice.making import INVOICES, worked_body
from tests.unit.invoice.test_invoice_special_business import CONSTRUCTION, FREIGHT, LEASE, PASSENGERS, SALE
from tests.unit.render.poppler import text_of
from tests.unit.render.test_xml_schema import SCHEMA

pytestmark = pytest.mark.s3

EXAMPLE: dict[str, Any] = json.loads(Path("services/render/preview/example.json").read_text("utf-8"))
TYPES = {"pdf": "application/pdf", "ofd": "application/ofd", "xml": "application/xml"}
WORKED = [
    worked_body(worked)
    for worked in INVOICES.values()
    if worked["blue"] and worked["checks"]["expect"] == "accept"
]
EIGHT_LINES = make_body(lines=make_body()["lines"] * 8, remarks="合同编号 HT-2026-77", drawer="张三")


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as opened:
        yield opened


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


async def try_invoice(shop: Issuing, body: dict[str, Any]) -> dict[str, Any]:
    """The dry run's answer."""
    answer = await shop.post(body, dry_run=True)
    assert answer.status_code == 200, answer.text
    tried: dict[str, Any] = answer.json()
    return tried


async def preview(client: Client, draft: Any, query: str = "", secret: str | None = None) -> Answer:
    return await send(client, json.dumps(draft).encode(), query, secret)


async def send(
    client: Client, content: bytes, query: str = "", secret: str | None = None, **headers: str
) -> Answer:
    """With the tenant's key unless another is given; an empty one sends none."""
    sent = {"content-type": "application/json"} | headers
    if credential := client.secret if secret is None else secret:
        sent["authorization"] = f"Bearer {credential}"
    async with client.session.post(PATH + query, data=io.BytesIO(content), headers=sent) as answer:
        read = await answer.read()
        problem = await answer.json(content_type=None) if answer.status != 200 else None
        return Answer(answer.status, answer.headers, read, problem)


async def look(client: Client, draft: dict[str, Any], folder: Path, query: str = "") -> str:
    """What pdftotext reads on the preview."""
    answer = await preview(client, draft, query)
    assert answer.status == 200, answer.json
    return text_of(answer.content, folder)


def check_face(tried: dict[str, Any], text: str) -> None:
    """The page says what the dry run said, that it was only tried, and no number."""
    assert "试算" in text
    assert tried["totals"]["amount_with_tax"] in text
    assert tried["totals"]["amount_with_tax_words"] in text
    assert tried["buyer"]["tax_id"] in text
    assert all(line["amount"] in text for line in tried["lines"])


@pytest.mark.parametrize("number", range(len(WORKED)))
async def test_preview_of_worked_invoice_says_what_the_dry_run_said(
    shop: Issuing, client: Client, tmp_path: Path, number: int
) -> None:
    tried = await try_invoice(shop, WORKED[number])
    check_face(tried, await look(client, tried, tmp_path))


async def test_preview_of_special_businesses_is_drawn_in_every_format(
    shop: Issuing, client: Client, tmp_path: Path
) -> None:
    for business in (CONSTRUCTION, FREIGHT, SALE, LEASE, PASSENGERS):
        tried = await try_invoice(shop, make_body(special_business=business))
        check_face(tried, await look(client, tried, tmp_path))
        for file_format in ("ofd", "xml"):
            assert (await preview(client, tried, f"?format={file_format}")).status == 200


async def test_preview_of_every_kind_is_drawn_and_its_xml_is_valid(
    shop: Issuing, client: Client, tmp_path: Path
) -> None:
    for kind in (InvoiceKind.DIGITAL_SPECIAL, *sorted(STOCKED)):
        if kind in STOCKED:
            await add_stock(shop.worker_pool, shop.taxpayer, kind, 3)
        tried = await try_invoice(shop, EIGHT_LINES | {"kind": kind})
        check_face(tried, await look(client, tried, tmp_path))
        assert (await preview(client, tried, "?format=ofd")).content.startswith(b"PK")
        xml = etree.fromstring((await preview(client, tried, "?format=xml")).content)
        assert SCHEMA.validate(xml), SCHEMA.error_log
        assert (xml.findtext(".//EIid"), xml.findtext(".//InvoiceNumber")) == ("", "")
        assert "试算标签" in [label.text for label in xml.iter("LabelType")]


async def test_preview_of_two_thousand_lines_has_all_of_them(
    shop: Issuing, client: Client, tmp_path: Path
) -> None:
    lines = [
        make_body()["lines"][0] | {"name": f"货物{number}", "discount": {"rate": "0.1"}}
        for number in range(1000)
    ]
    tried = await try_invoice(shop, make_body(lines=lines))
    text = await look(client, tried, tmp_path)
    check_face(tried, text)
    assert len(tried["lines"]) == 2000
    assert "货物999" in text


async def test_preview_of_red_invoice_names_the_blue_one(client: Client, tmp_path: Path) -> None:
    red = {
        "blue_id": str(new_id()),
        "blue_number": "26422000000000000001",
        "form_id": str(new_id()),
        "confirmation_number": "420100261100000001",
        "reason": "goods_returned",
    }
    line = EXAMPLE["lines"][0] | {
        name: f"-{EXAMPLE['lines'][0][name]}"
        for name in ("quantity", "amount", "tax", "amount_with_tax", "printed_tax")
    }
    totals = {
        "amount": "-1038.00",
        "tax": "-134.94",
        "amount_with_tax": "-1172.94",
        "amount_with_tax_words": "（负数）壹仟壹佰柒拾贰圆玖角肆分",
    }
    text = await look(client, EXAMPLE | {"red": red, "lines": [line], "totals": totals}, tmp_path)
    assert "26422000000000000001" in text
    assert "-1172.94" in text


async def test_preview_is_shown_and_never_kept(client: Client) -> None:
    for file_format, media_type in TYPES.items():
        answer = await preview(client, EXAMPLE, f"?format={file_format}")
        assert (answer.status, answer.headers["content-type"]) == (200, media_type)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-disposition"] == f'inline; filename="preview.{file_format}"'
        assert "etag" not in answer.headers
    tables = ("invoices", "documents", "downloads", "puts", "objects", "outbox", "idempotency_keys")
    for table in tables:
        assert await client.worker.fetch(f"select from {table}") == []


async def test_preview_on_every_paper_carries_the_mark(client: Client, tmp_path: Path) -> None:
    for profile in load_profiles():
        assert "试算" in await look(client, EXAMPLE, tmp_path, f"?profile={profile}")
    refused = await preview(client, EXAMPLE, "?profile=a4&format=xml")
    assert (refused.status, refused.json["errors"][0]["code"]) == (422, "pdf-only")


async def test_preview_is_unknown_to_everybody_who_verifies_it(client: Client) -> None:
    """Even where an invoice was issued that says the very same, and the preview names its number."""
    issued = await client.rendered()
    said = {name: issued.document[name] for name in ("seller", "buyer", "lines", "totals", "drawer")}
    draft = EXAMPLE | said | {"remarks": issued.document["number"]}
    for file_format, media_type in TYPES.items():
        for tried in (EXAMPLE, draft):
            content = (await preview(client, tried, f"?format={file_format}")).content
            headers = {"content-type": media_type}
            async with client.session.post("/v1/verifications", data=content, headers=headers) as answer:
                assert answer.status == 200
                verdict = (await answer.json())["verdict"]
                assert verdict == "unknown" or (tried is draft and verdict == "altered")
    asked = await client.ask("POST", "/v1/verifications", json={"qr": QR_TEXT}, secret="")
    assert asked.status == 422


async def test_preview_needs_the_scope_of_a_dry_run(client: Client) -> None:
    pool, tenant = client.worker.pool, TenantId(new_id())
    reader = await grant_api_key(pool, tenant, scopes=("document:read", "invoice:read"))
    writer = await grant_api_key(pool, tenant, scopes=("invoice:write",))
    assert (await preview(client, EXAMPLE, secret=reader)).status == 403
    assert (await preview(client, EXAMPLE, secret=writer)).status == 200
    assert (await preview(client, EXAMPLE, secret="")).status == 401


async def test_preview_of_an_issued_invoice_is_refused(client: Client) -> None:
    issued = EXAMPLE | {"status": "issued", "number": "26422000000000000001"}
    assert (await preview(client, issued)).json["errors"][0]["pointer"] == "/number"


async def test_preview_body_must_be_plain_json_of_bounded_size(client: Client) -> None:
    async def refuse(content: bytes, **headers: str) -> int:
        answer = await send(client, content, **headers)
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status

    whole = json.dumps(EXAMPLE).encode()
    assert await refuse(b"") == 400
    assert await refuse(whole[:-1]) == 400
    assert await refuse(b'{"kind": NaN}') == 400
    assert await refuse(b'{"kind": "' + b"\xff" + b'"}') == 400
    assert await refuse(whole, **{"content-type": "text/plain"}) == 415
    assert await refuse(whole, **{"content-encoding": "gzip"}) == 415
    assert await refuse(b" " * (MOST_BYTES + 1)) == 413


async def test_too_many_previews_of_one_tenant_are_told_to_wait(client: Client) -> None:
    """Two turns are held, so of three previews two wait and one is refused."""
    settings = client.worker.settings
    headers = {"content-type": "application/json"}
    async with (
        open_resources(settings, "api") as resources,
        open_app(build(), settings, resources) as app,
        make_client(app, client.secret) as caller,
    ):
        turns = resources.preview_turns
        async with turns.take(client.tenant), turns.take(client.tenant):
            tasks = [asyncio.create_task(caller.post(PATH, json=EXAMPLE, headers=headers)) for _ in range(3)]
            done, waiting = await asyncio.wait(tasks, timeout=60, return_when=asyncio.FIRST_COMPLETED)
            refused = [task.result() for task in done]
        assert [(one.status_code, one.json()["code"]) for one in refused] == [(429, "previews-busy")]
        assert refused[0].headers["retry-after"] == "2"
        assert [(await task).status_code for task in waiting] == [200, 200]
