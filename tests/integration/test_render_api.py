"""What clients of the documents API see, over HTTP, with real Postgres and a real object store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from io import BytesIO
from urllib.parse import unquote
from uuid import uuid4

import pytest
from minio import Minio

from libs.common.ids import TenantId, new_id
from services.render.pdf.document import render_pdf
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Client, open_client
from tests.helpers.rendering import Issued, issue
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server
from tests.unit.render.kind_samples import CODE, make_tax_control

pytestmark = pytest.mark.s3


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


def _path(issued: Issued, rest: str = "") -> str:
    return f"/v1/invoices/{issued.id}/documents{rest}"


async def test_pdf_ready_is_served_byte_for_byte_with_its_hash(client: Client) -> None:
    issued = await client.rendered()
    answer = await client.get(_path(issued, "/pdf"))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.content == render_pdf(issued.document)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_pdf_file_name_is_the_bureaus_in_chinese(client: Client) -> None:
    issued = await client.rendered(issued_at="2026-11-24T18:04:05.678Z")
    disposition = (await client.get(_path(issued, "/pdf"))).headers["content-disposition"]
    name = unquote(disposition.partition("filename*=UTF-8''")[2])
    assert name == f"dzfp_{issued.document['number']}_武汉晴川数码科技有限公司_20261125020405.pdf"


async def test_pdf_file_name_of_a_tax_control_invoice_has_code_and_number(client: Client) -> None:
    issued = await client.rendered(**make_tax_control(issued_at="2026-11-24T18:04:05.678Z"))
    disposition = (await client.get(_path(issued, "/pdf"))).headers["content-disposition"]
    assert f"dzfp_{CODE}{issued.document['number']}_" in disposition


async def test_pdf_known_by_etag_is_not_sent_again(client: Client) -> None:
    issued = await client.rendered()
    etag = (await client.get(_path(issued, "/pdf"))).headers["etag"]
    again = await client.get(_path(issued, "/pdf"), **{"if-none-match": f'"other", {etag}'})
    assert (again.status, again.content, again.headers["etag"]) == (304, b"", etag)


async def test_pdf_not_ready_is_202_with_retry_after(client: Client) -> None:
    issued = issue(client.tenant)
    await client.worker.consume(issued)
    answer = await client.get(_path(issued, "/pdf"))
    assert (answer.status, answer.headers["retry-after"]) == (202, "1")
    assert answer.json == {"format": "pdf", "version": 1, "state": "pending"}


async def test_pdf_whose_event_comes_while_the_client_waits_is_found(client: Client) -> None:
    issued = issue(client.tenant)
    asking = asyncio.create_task(client.get(_path(issued, "/pdf")))
    await client.worker.consume(issued)
    assert (await asking).status == 202


async def test_pdf_unknown_and_foreign_invoices_answer_alike(client: Client) -> None:
    foreign = issue(TenantId(new_id()))
    await client.worker.consume(foreign)
    await client.worker.render()
    for rest in ("", "/pdf"):
        answers = [await client.get(f"/v1/invoices/{i}/documents{rest}") for i in (foreign.id, new_id())]
        for answer in answers:
            assert answer.status == 404
            del answer.json["instance"], answer.json["request_id"]
        assert answers[0].json == answers[1].json
        assert (answers[0].json["code"], answers[0].json["retryable"]) == ("not-found", True)


async def test_pdf_of_an_id_that_is_not_recent_is_404_for_good(client: Client) -> None:
    answer = await client.get(f"/v1/invoices/{uuid4()}/documents/pdf")
    assert (answer.status, answer.json["retryable"]) == (404, False)


async def test_pdf_without_credential_or_scope_is_refused(client: Client) -> None:
    issued = await client.rendered()
    weak = await grant_api_key(client.worker.pool, client.tenant, scopes=["invoice:read"])
    for rest in ("", "/pdf"):
        assert (await client.get(_path(issued, rest), secret="")).status == 401
        assert (await client.get(_path(issued, rest), secret=weak)).status == 403


@pytest.mark.parametrize(
    ("rest", "status", "code"),
    [
        ("/exe", 404, "not-found"),
        ("/pdf?version=2", 404, "not-found"),
        ("/pdf?version=0", 422, "validation-failed"),
        ("/pdf?version=99999999999999999999", 422, "validation-failed"),
        ("/pdf?link=perhaps", 422, "validation-failed"),
    ],
)
async def test_document_asked_for_wrongly_is_a_problem(
    client: Client, rest: str, status: int, code: str
) -> None:
    issued = await client.rendered()
    answer = await client.get(_path(issued, rest))
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_manifest_shows_hash_and_only_to_auditors_the_object(client: Client) -> None:
    issued = await client.rendered()
    sha256 = hashlib.sha256(render_pdf(issued.document)).hexdigest()
    reader = await grant_api_key(client.worker.pool, client.tenant, scopes=["document:read"])
    [plain] = (await client.get(_path(issued), secret=reader)).json["items"]
    assert set(plain) == {"format", "state", "version", "sha256", "size", "created_at"}
    assert (plain["format"], plain["state"], plain["version"]) == ("pdf", "ready", 1)
    assert plain["sha256"] == sha256
    assert plain["created_at"].endswith("Z")
    [audited] = (await client.get(_path(issued))).json["items"]
    assert audited["object"]["bucket"] == client.worker.settings.s3_bucket
    assert audited["object"]["key"].startswith(f"{client.tenant}/")
    assert (audited["object"]["offset"], audited["object"]["length"]) == (0, plain["size"])


async def test_document_that_cannot_be_drawn_is_failed_with_the_reason(client: Client) -> None:
    issued = await client.rendered(drawer="张\U0001f600")
    [item] = (await client.get(_path(issued))).json["items"]
    assert (item["state"], item["sha256"], item["size"]) == ("failed", None, None)
    assert "U+1F600" in item["reason"]
    assert "字形" in item["reason_zh"]
    answer = await client.get(_path(issued, "/pdf"))
    assert (answer.status, answer.json["code"]) == (409, "document-failed")
    assert (answer.json["detail"], answer.json["detail_zh"]) == (item["reason"], item["reason_zh"])


async def test_download_is_recorded_with_who_and_what(client: Client) -> None:
    issued = await client.rendered()
    await client.get(_path(issued, "/pdf"), **{"x-request-id": "audit-me"})
    await client.get(_path(issued, "/pdf"), **{"if-none-match": "*"})
    [row] = await client.worker.fetch("select * from downloads")
    assert (row["tenant_id"], row["invoice_id"], row["version"]) == (client.tenant, issued.id, 1)
    assert row["actor"].startswith("api_key:")
    assert (row["via"], row["request_id"]) == ("credential", "audit-me")
    [item] = (await client.get(_path(issued))).json["items"]
    assert item["download_count"] == 1


async def test_link_serves_the_bytes_without_a_credential_and_names_who_asked(client: Client) -> None:
    issued = await client.rendered()
    answer = await client.get(_path(issued, "/pdf?link=true"))
    assert answer.json["url"].startswith(client.worker.settings.public_url)
    url = answer.json["url"].removeprefix(client.worker.settings.public_url)
    fetched = await client.get(url, secret="")
    assert (fetched.status, fetched.content) == (200, render_pdf(issued.document))
    [row] = await client.worker.fetch("select actor, via from downloads")
    assert (row["actor"][:8], row["via"]) == ("api_key:", "link")


async def test_link_changed_or_used_for_a_new_link_is_refused(client: Client) -> None:
    issued, other = await client.rendered(), await client.rendered()
    link = (await client.get(_path(issued, "/pdf?link=true"))).json["url"]
    url = link.removeprefix(client.worker.settings.public_url)
    changed = [
        url.replace("version=1", "version=2"),
        url.replace("version=1", "version=x"),
        url.replace("expires=", "expires=9"),
        url.replace(str(client.tenant), str(new_id())),
        url.replace(str(issued.id), str(other.id)),
        url[:-1],
        f"{url}&link=true",
    ]
    for bad in changed:
        answer = await client.get(bad, secret="")
        assert (answer.status, answer.json["code"]) == (403, "document-link-invalid"), bad


async def test_object_shadowed_by_a_newer_version_reader_gets_the_old_bytes(
    client: Client, s3_server: Server
) -> None:
    issued = await client.rendered()
    [item] = (await client.get(_path(issued))).json["items"]
    place = item["object"]
    minio = Minio(s3_server.url.removeprefix("http://"), ACCESS_KEY, PASSWORD, secure=False)
    shadow = minio.put_object(place["bucket"], place["key"], BytesIO(b"forged"), 6)
    assert shadow.version_id != place["version_id"]
    answer = await client.get(_path(issued, "/pdf"))
    assert (answer.status, answer.content) == (200, render_pdf(issued.document))


async def test_pdf_of_a_voided_invoice_is_the_marked_one_and_the_first_stays_by_its_version(
    client: Client,
) -> None:
    issued = await client.rendered()
    await client.worker.void(issued)
    await client.worker.render()
    newest, first = await client.get(_path(issued, "/pdf")), await client.get(_path(issued, "/pdf?version=1"))
    assert newest.content == render_pdf(issued.document | {"mark": "voided"})
    assert first.content == render_pdf(issued.document)
    items = (await client.get(_path(issued))).json["items"]
    assert [(item["version"], item["state"]) for item in items] == [(1, "ready"), (2, "ready")]


@pytest.mark.parametrize(
    "damage",
    [
        "update documents set sha256 = repeat('0', 64)",
        "update documents set object_version_id = repeat('0', 32)",
        "update documents set object_offset = 1000000",
    ],
)
async def test_bytes_that_are_not_those_recorded_are_withheld(client: Client, damage: str) -> None:
    issued = await client.rendered()
    await client.worker.fetch(damage)
    answer = await client.get(_path(issued, "/pdf"))
    assert (answer.status, answer.json["code"]) == (503, "document-corrupt")
    assert await client.worker.fetch("select from downloads") == []
