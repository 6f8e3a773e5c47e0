"""What anyone may ask about a document, over HTTP, with real Postgres and a real object store."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import asyncpg
import pytest
from prometheus_client import Counter

from libs.common.consumer import Applier
from libs.common.contracts.invoice_corrections import InvoiceReversed
from libs.common.ids import TenantId, new_id
from libs.common.object_store import Slice
from services.render.drawing import DRAWERS
from services.render.main import HANDLERS
from services.render.metrics import VERIFICATIONS, VERIFICATIONS_REFUSED
from services.render.verification.question import crc16
from services.render.verification.verifier import MOST_OF_ONE
from tests.helpers.databases import MakeDatabase
from tests.helpers.records import as_record
from tests.helpers.rendering import Issued, Rendering, issue, rendering, serving
from tests.helpers.servers import Server
from tests.unit.render.kind_samples import make_tax_control
from tests.unit.render_verification.altering import alter_part, alter_pdf, alter_text, resave

pytestmark = pytest.mark.s3

PATH = "/v1/verifications"
JSON = "application/json"
TYPES = {"pdf": "application/pdf", "xml": "application/xml", "ofd": "application/ofd"}


@dataclass
class Desk:
    """Somebody without a credential, and the worker behind the api."""

    session: aiohttp.ClientSession
    worker: Rendering
    tenant: TenantId
    database_url: str

    async def send(self, body: bytes | io.BytesIO, media_type: str) -> tuple[int, Any]:
        async with self.session.post(PATH, data=body, headers={"content-type": media_type}) as response:
            assert response.status < 500, await response.text()
            return response.status, await response.json(content_type=None)

    async def verify(self, file_format: str, content: bytes) -> Any:
        status, answer = await self.send(content, TYPES[file_format])
        assert status == 200, answer
        return answer

    async def ask(self, **facts: str) -> Any:
        status, answer = await self.send(json.dumps(facts).encode(), "application/json")
        assert status == 200, answer
        return answer

    async def issued(self, **changes: Any) -> Issued:
        """An invoice whose documents are finished."""
        invoice = issue(self.tenant, **changes)
        await self.worker.consume(invoice, formats=tuple(DRAWERS))
        await self.worker.render(DRAWERS)
        return invoice

    async def fetch(self, invoice: Issued, file_format: str, version: int = 1) -> bytes:
        rows = await self.worker.fetch(
            "select * from documents where invoice_id = $1 and format = $2 and version = $3",
            invoice.id,
            file_format,
            version,
        )
        row = rows[0]
        place = Slice(
            row["bucket"], row["object_key"], row["object_version_id"], row["object_offset"], row["size"]
        )
        return await self.worker.objects.read(place, sha256=row["sha256"])

    async def reverse(self, invoice: Issued, reversal: str, sequence: int = 2) -> None:
        payload = InvoiceReversed(
            number=invoice.document["number"],
            reference="",
            reversal=reversal,
            red_id=new_id(),
            red_number="26422000000000000009",
            amount_left="0.00",
            tax_left="0.00",
            actor="user:1",
        )
        record = as_record(payload, tenant=self.tenant, subject=invoice.id, sequence=sequence)
        await Applier(self.worker.pool, HANDLERS).apply([record])


@pytest.fixture
async def desk(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Desk]:
    mine = await database("render")
    async with rendering(mine, s3_server.url) as worker, serving(mine, worker) as session:
        yield Desk(session, worker, TenantId(new_id()), mine.api)


@pytest.mark.parametrize("file_format", ["pdf", "xml", "ofd"])
async def test_original_is_a_match(desk: Desk, file_format: str) -> None:
    invoice = await desk.issued()
    answer = await desk.verify(file_format, await desk.fetch(invoice, file_format))
    assert (answer["verdict"], answer["format"], answer["version"]) == ("match", file_format, 1)
    assert (answer["is_original"], answer["altered"], answer["hints"]) == (True, [], [])
    assert answer["number"] == invoice.document["number"]
    assert (answer["status"], answer["reversal"]) == ("issued", "none")


async def test_pdf_saved_anew_is_a_match_with_a_hint(desk: Desk) -> None:
    invoice = await desk.issued()
    answer = await desk.verify("pdf", resave(await desk.fetch(invoice, "pdf")))
    assert (answer["verdict"], answer["is_original"]) == ("match", False)
    assert [hint["code"] for hint in answer["hints"]] == ["re-saved"]


async def test_ofd_with_another_drawer_on_its_face_is_altered_and_the_field_named(desk: Desk) -> None:
    invoice = await desk.issued()
    page = "Doc_0/Pages/Page_0/Content.xml"
    altered = alter_part(
        await desk.fetch(invoice, "ofd"), page, lambda part: part.replace("张三".encode(), "李四".encode())
    )
    answer = await desk.verify("ofd", altered)
    assert [(each["field"], each["where"]) for each in answer["altered"]] == [("/drawer", "face")]


async def test_json_and_ubl_are_told_from_altered_ones(desk: Desk) -> None:
    invoice = issue(desk.tenant)
    await desk.worker.consume(invoice, formats=("json", "ubl"))
    await desk.worker.render(DRAWERS)
    for file_format, media_type in (("json", JSON), ("ubl", TYPES["xml"])):
        original = await desk.fetch(invoice, file_format)
        _, answer = await desk.send(original, media_type)
        assert (answer["verdict"], answer["format"], answer["is_original"]) == ("match", file_format, True)
        _, answer = await desk.send(alter_text(original, "杭州青禾", "杭州红禾"), media_type)
        assert (answer["format"], answer["altered"][0]["field"]) == (file_format, "/buyer/name")


async def test_pdf_with_another_total_on_its_face_is_altered_and_the_field_named(desk: Desk) -> None:
    invoice = await desk.issued()
    altered = alter_pdf(await desk.fetch(invoice, "pdf"), "1172.94", "9172.94")
    answer = await desk.verify("pdf", altered)
    assert answer["verdict"] == "altered"
    assert answer["altered"] == [
        {
            "field": "/totals/amount_with_tax",
            "name": "Total with tax",
            "name_zh": "价税合计（小写）",
            "where": "face",
        }
    ]
    assert "1172.94" not in json.dumps(answer)


async def test_xml_with_another_buyer_is_altered_and_the_field_named(desk: Desk) -> None:
    invoice = await desk.issued()
    altered = alter_text(await desk.fetch(invoice, "xml"), "杭州青禾软件有限公司", "杭州红禾软件有限公司")
    answer = await desk.verify("xml", altered)
    assert [(each["field"], each["where"]) for each in answer["altered"]] == [("/buyer/name", "content")]
    assert answer["verdict"] == "altered"


async def test_invoice_of_nobody_is_unknown(desk: Desk) -> None:
    invoice = await desk.issued()
    other = alter_text(await desk.fetch(invoice, "xml"), invoice.document["number"], "26422000009999999999")
    answer = await desk.verify("xml", other)
    assert (answer["verdict"], answer["number"], answer["altered"]) == ("unknown", None, [])


async def test_file_that_only_names_the_number_learns_nothing(desk: Desk) -> None:
    invoice = await desk.issued()
    number = invoice.document["number"]
    guess = f"<EInvoice><TaxSupervisionInfo><InvoiceNumber>{number}</InvoiceNumber></TaxSupervisionInfo></EInvoice>"
    known, unknown = [
        await desk.verify("xml", guess.replace(number, each).encode())
        for each in (number, "26422000009999999999")
    ]
    assert known["verdict"] == "unknown"
    assert known | {"as_of": ""} == unknown | {"as_of": ""}


async def test_void_and_reversal_are_told_with_the_superseded_version(desk: Desk) -> None:
    invoice = await desk.issued()
    first = await desk.fetch(invoice, "pdf")
    await desk.worker.void(invoice)
    await desk.worker.render(DRAWERS)
    answer = await desk.verify("pdf", first)
    assert (answer["verdict"], answer["status"], answer["version"]) == ("reversed", "voided", 1)
    assert [hint["code"] for hint in answer["hints"]] == ["superseded-version", "voided"]
    newer = await desk.verify("pdf", resave(await desk.fetch(invoice, "pdf", 2)))
    assert (newer["verdict"], newer["version"], newer["is_original"]) == ("reversed", 2, False)


@pytest.mark.parametrize("reversal", ["partial", "full"])
async def test_reversed_invoice_is_told_so(desk: Desk, reversal: str) -> None:
    invoice = await desk.issued()
    await desk.reverse(invoice, reversal)
    answer = await desk.ask(qr=make_qr(invoice.document["number"]))
    assert (answer["verdict"], answer["reversal"], answer["format"]) == ("reversed", reversal, "qr")


def make_qr(number: str, amount: str = "1172.94", day: str = "20261124") -> str:
    text = f"01,32,,{number},{amount},{day},,"
    return text + crc16(text)


async def test_question_with_number_day_and_amount_is_answered(desk: Desk) -> None:
    number = (await desk.issued()).document["number"]
    right = await desk.ask(number=number, issue_date="2026-11-24", amount="1172.94")
    assert (right["verdict"], right["format"], right["number"]) == ("match", "facts", number)
    wrong = await desk.ask(number=number, issue_date="2026-11-24", amount="1172.95")
    assert (wrong["verdict"], [each["field"] for each in wrong["altered"]]) == (
        "altered",
        ["/totals/amount_with_tax"],
    )
    guessed = await desk.ask(number=number, issue_date="2026-11-23", amount="1.00")
    assert (guessed["verdict"], guessed["number"]) == ("unknown", None)


async def test_qr_text_is_answered_and_a_damaged_one_refused(desk: Desk) -> None:
    number = (await desk.issued()).document["number"]
    assert (await desk.ask(qr=make_qr(number)))["verdict"] == "match"
    altered = await desk.ask(qr=make_qr(number, "9172.94"))
    assert (altered["verdict"], altered["altered"][0]["field"]) == ("altered", "/totals/amount_with_tax")
    status, problem = await desk.send(json.dumps({"qr": make_qr(number)[:-1] + "x"}).encode(), JSON)
    assert (status, problem["code"]) == (422, "qr-text-damaged")


async def test_tax_control_invoice_is_found_by_code_number_and_check_code(desk: Desk) -> None:
    made = make_tax_control()
    changes = {name: made[name] for name in ("kind", "code", "number", "check_code")}
    await desk.issued(**changes)
    facts = {"code": made["code"], "number": made["number"], "issue_date": "2026-11-24"}
    assert (await desk.ask(**facts, check_code=made["check_code"][-6:]))["verdict"] == "match"
    assert (await desk.ask(**facts, amount="1038.00"))["verdict"] == "match"
    wrong = await desk.ask(**facts, check_code="000000")
    assert [each["field"] for each in wrong["altered"]] == ["/check_code"]


TOO_FEW: list[dict[str, str]] = [
    {},
    {"number": "26422000000000000001"},
    {"number": "26422000000000000001", "issue_date": "2026-11-24"},
    {"number": "12345678", "issue_date": "2026-11-24", "amount": "1.00"},
    {"number": "26422000000000000001", "issue_date": "2026-13-24", "amount": "1.00"},
    {"number": "26422000000000000001", "issue_date": "2026-11-24", "amount": "1e9"},
    {"qr": "x", "number": "26422000000000000001"},
    {"nonsense": "x"},
]


async def test_question_with_too_few_facts_is_refused(desk: Desk) -> None:
    for facts in TOO_FEW:
        status, problem = await desk.send(json.dumps(facts).encode(), JSON)
        assert status == 422, facts
        assert all(error["detail_zh"] for error in problem["errors"])


async def test_form_of_a_browser_is_taken(desk: Desk) -> None:
    invoice = await desk.issued()
    form = aiohttp.FormData()
    form.add_field("file", await desk.fetch(invoice, "pdf"), filename="发票.pdf", content_type=TYPES["pdf"])
    async with desk.session.post(PATH, data=form) as response:
        assert (response.status, (await response.json())["verdict"]) == (200, "match")


async def test_many_questions_of_one_address_are_held_back(desk: Desk) -> None:
    statuses = []
    while 429 not in statuses and len(statuses) < 300:
        async with desk.session.post(PATH, json={"qr": make_qr("26422000009999999999")}) as response:
            statuses.append(response.status)
    assert statuses[-1] == 429
    assert response.headers["retry-after"]
    assert response.headers["ratelimit-policy"].startswith('"verifications"')
    assert 60 <= len(statuses) <= 150


REFUSED = {
    "entities": ("application/xml", b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 400),
    "entities in a form": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"'
                           b"\r\n\r\n<!DOCTYPE a><a/>\r\n--b--", 400),
    "another file in a form": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; '
                               b'name="picture"\r\n\r\n%PDF-\r\n--b--', 400),
    "form without boundary": ("multipart/form-data", b"x", 400),
    "form of many parts": ("multipart/form-data; boundary=b", b"--b\r\n" * 10_000, 400),
    "form with a long head": ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="file"'
                              + b"x" * 100_000 + b"\r\n\r\n%PDF-\r\n--b--", 400),
    "picture": ("image/png", b"\x89PNG\r\n", 415),
    "picture called PDF": ("application/pdf", b"\x89PNG\r\n", 415),
    "PDF called XML": ("application/xml", b"%PDF-1.7", 415),
    "archive called PDF": ("application/pdf", b"PK\x03\x04", 415),
    "page": ("text/html", b"<html></html>", 415),
    "nothing": ("application/pdf", b"", 415),
    "damaged PDF": ("application/pdf", b"%PDF-1.7 and no more", 400),
    "no JSON": ("application/json", b"{", 400),
    "twice the same key": ("application/json", b'{"qr": "a", "qr": "b"}', 400),
    "long JSON": ("application/json", b'{"qr": "' + b"x" * 20_000 + b'"}', 413),
    "list": ("application/json", b"[]", 422),
    "numbers": ("application/json", b'{"qr": 1}', 422),
}  # fmt: skip


async def test_what_is_no_document_is_refused_in_both_languages(desk: Desk) -> None:
    statuses = {}
    for name, (media_type, body, _) in REFUSED.items():
        status, problem = await desk.send(body, media_type)
        statuses[name] = status
        assert problem["title_zh"] != problem["title"]
        assert problem["remedy_zh"]
        assert "root:" not in json.dumps(problem)
    assert statuses == {name: status for name, (_, _, status) in REFUSED.items()}


async def test_large_body_is_refused_and_compressed_ones_too(desk: Desk) -> None:
    status, problem = await desk.send(io.BytesIO(b"%PDF-" + b"x" * 10 * 1024 * 1024), TYPES["pdf"])
    assert (status, problem["code"]) == (413, "body-too-large")
    headers = {"content-type": TYPES["pdf"], "content-encoding": "gzip"}
    async with desk.session.post(PATH, data=b"x", headers=headers) as response:
        assert response.status == 415


async def test_role_of_the_api_learns_the_owner_and_nothing_else(desk: Desk) -> None:
    invoice = await desk.issued()
    connection = await asyncpg.connect(desk.database_url)
    try:
        for table in ("invoices", "documents", "reversals"):
            assert await connection.fetchval(f"select count(*) from {table}") == 0  # noqa: S608
        owner = await connection.fetchrow(
            "select * from find_invoice_owner('', $1)", invoice.document["number"]
        )
        assert dict(owner) == {"tenant_id": desk.tenant, "invoice_id": invoice.id}
        assert await connection.fetch("select * from find_invoice_owner('', '')") == []
    finally:
        await connection.close()


async def test_answers_and_refusals_are_counted_by_verdict_and_code(desk: Desk) -> None:
    def count(metric: Counter, *labels: str) -> float:
        return float(metric.labels(*labels)._value.get())

    matches = count(VERIFICATIONS, "pdf", "match")
    unreadable = count(VERIFICATIONS_REFUSED, "file-unreadable")
    await desk.verify("pdf", await desk.fetch(await desk.issued(), "pdf"))
    await desk.send(b"%PDF-", TYPES["pdf"])
    assert count(VERIFICATIONS, "pdf", "match") == matches + 1
    assert count(VERIFICATIONS_REFUSED, "file-unreadable") == unreadable + 1


async def test_crowd_of_files_is_answered_or_asked_to_come_again(desk: Desk) -> None:
    anew = resave(await desk.fetch(await desk.issued(), "pdf"))
    answers = await asyncio.gather(*(desk.send(anew, TYPES["pdf"]) for _ in range(40)))
    assert {status for status, _ in answers} <= {200, 429}
    assert sum(status == 200 for status, _ in answers) >= MOST_OF_ONE
    assert {answer["code"] for status, answer in answers if status == 429} <= {"verification-busy"}
    assert (await desk.verify("pdf", anew))["verdict"] == "match"
