"""Exports: ordered over HTTP, made by the worker on real Postgres and S3, downloaded and looked into."""

import asyncio
import csv
import hashlib
import io
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pyrage
import pytest
from python_calamine import CalamineWorkbook

from libs.common.clock import shanghai_day, utc_now
from libs.common.ids import TenantId, new_id
from services.invoice.exports.worker import LEASE
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.exporting import LIFE, Exporting, content_of, exporting, manifest_of, open_zip, pdf_of
from tests.helpers.in_process import make_client
from tests.helpers.servers import Server

pytestmark = pytest.mark.s3


@pytest.fixture
async def desk(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Exporting]:
    async with exporting(await database("invoice"), s3_server.url) as opened:
        yield opened


async def test_export_holds_every_document_under_the_bureaus_name(desk: Exporting) -> None:
    invoices = await desk.issue_archived(3)
    archive = await desk.make()
    names = [name for name in archive.namelist() if name.startswith("documents/")]
    wanted = [(invoice, kind) for invoice in invoices for kind in ("pdf", "ofd", "xml")]
    assert [archive.read(name) for name in names] == [content_of(*each) for each in wanted]
    for name, (invoice, kind) in zip(names, wanted, strict=True):
        assert name.startswith(f"documents/dzfp_{invoice['number']}_武汉晴川数码科技有限公司_")
        assert name.endswith(f".{kind}")


async def test_export_of_one_format_holds_no_other(desk: Exporting) -> None:
    (invoice,) = await desk.issue_archived(1)
    archive = await desk.make({"formats": ["xml"]})
    (name,) = (name for name in archive.namelist() if name.startswith("documents/"))
    assert archive.read(name) == content_of(invoice, "xml")


async def test_export_manifest_carries_the_seal_of_each_invoice_as_published(desk: Exporting) -> None:
    (invoice,) = await desk.issue_archived(1)
    manifest = manifest_of(await desk.make())
    (item,) = manifest["invoices"]
    assert item["seal"] == {
        "payloadType": "application/json",
        "payload": invoice["id"],
        "signatures": [{"keyid": "key-1", "sig": "c2ln"}],
    }
    assert [file["format"] for file in manifest["files"] if "invoice_id" in file] == ["pdf", "ofd", "xml"]


async def test_export_manifest_has_the_hash_and_size_of_every_file(desk: Exporting) -> None:
    invoices = await desk.issue_archived(2)
    archive = await desk.make()
    manifest = manifest_of(archive)
    described = {item["name"]: (item["size"], item["sha256"]) for item in manifest["files"]}
    assert described.keys() == set(archive.namelist()) - {"manifest.json"}
    for name, (size, sha256) in described.items():
        content = archive.read(name)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (size, sha256)
    assert [item["id"] for item in manifest["invoices"]] == [invoice["id"] for invoice in invoices]
    totals = manifest["totals"]
    assert (totals["invoices"], totals["documents"], totals["amount_with_tax"]) == (2, 6, "2345.88")


async def test_export_tables_hold_numbers_as_text_and_neutralise_formulas(desk: Exporting) -> None:
    invoice = await desk.issue(remarks="=HYPERLINK(1)")
    await desk.show()
    await desk.archive(invoice)
    archive = await desk.make()
    (row,) = csv.DictReader(io.StringIO(archive.read("invoices.csv").decode("utf-8-sig")))
    assert (row["number"], row["remarks"]) == (invoice["number"], "'=HYPERLINK(1)")
    assert row["amount_with_tax"] == invoice["totals"]["amount_with_tax"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(archive.read("invoices.xlsx")))
    headings, cells = book.get_sheet_by_index(0).to_python()
    shown = dict(zip(headings, cells, strict=True))
    assert (shown["发票号码"], shown["备注"], shown["价税合计"]) == (
        invoice["number"],
        "'=HYPERLINK(1)",
        1172.94,
    )
    _, line = book.get_sheet_by_index(1).to_python()
    assert line[4] == invoice["lines"][0]["name"]


async def test_export_of_days_holds_what_was_issued_on_them(desk: Exporting) -> None:
    await desk.issue_archived(1)
    today = shanghai_day(utc_now())
    yesterday = today - timedelta(days=1)
    of_today = manifest_of(await desk.make({"from": str(today), "to": str(today)}))
    of_yesterday = manifest_of(await desk.make({"from": str(yesterday), "to": str(yesterday)}))
    assert (len(of_today["invoices"]), len(of_yesterday["invoices"])) == (1, 0)
    assert of_today["period"] == {"from": str(today), "to": str(today)}


async def test_export_with_filter_holds_what_the_list_shows(desk: Exporting) -> None:
    (wanted,) = [await desk.issue(buyer={"name": "个人", "is_individual": True})]
    other = await desk.issue()
    await desk.show()
    await desk.archive(wanted, other)
    manifest = manifest_of(await desk.make({"filter": {"buyer": "个人"}, "tables": ["csv"]}))
    assert [item["number"] for item in manifest["invoices"]] == [wanted["number"]]
    assert {item["name"] for item in manifest["files"]} >= {"invoices.csv", "lines.csv"}


async def test_export_document_that_was_never_drawn_is_named_as_missing(desk: Exporting) -> None:
    invoice = await desk.issue()
    await desk.show()
    await desk.archive(invoice, formats=["pdf"])
    manifest = manifest_of(
        await desk.make({"formats": ["pdf", "ofd"], "filter": {"issued_to": "2099-01-01"}})
    )
    (missing,) = manifest["missing"]
    told = (missing["number"], missing["format"], missing["reason"])
    assert told == (invoice["number"], "ofd", "not-produced")


async def test_export_document_whose_bytes_have_changed_is_left_out_and_named(desk: Exporting) -> None:
    sound, spoilt = await desk.issue_archived(2)
    connection = await asyncpg.connect(desk.shop.superuser)
    await connection.execute(
        "update archived_documents set documents = jsonb_set(documents, '{pdf,sha256}', to_jsonb(repeat('0', 64)))"
        " where invoice_id = $1",
        spoilt["id"],
    )
    await connection.close()
    archive = await desk.make()
    (missing,) = manifest_of(archive)["missing"]
    assert (missing["number"], missing["reason"]) == (spoilt["number"], "corrupt")
    kept = [archive.read(name) for name in archive.namelist() if name.endswith(".pdf")]
    assert kept == [pdf_of(sound)]


async def test_export_says_of_how_many_documents_nobody_kept_the_place(desk: Exporting) -> None:
    placed, unplaced = await desk.issue_archived(2)
    await desk.issue()
    await desk.show()
    connection = await asyncpg.connect(desk.shop.superuser)
    await connection.execute(
        "update archived_documents set places = '{}' where invoice_id = $1", unplaced["id"]
    )
    await connection.execute("update invoices set issued_at = issued_at - interval '1 hour'")
    await connection.close()
    export = (await desk.order()).json()
    await desk.work()
    made = await desk.get(export)
    assert (made["missing"], made["missing_reasons"]) == (6, {"place-unknown": 3, "pending": 3})
    archive = open_zip((await desk.download(export)).content)
    reasons = {item["number"]: item["reason"] for item in manifest_of(archive)["missing"]}
    assert reasons[unplaced["number"]] == "place-unknown"
    assert placed["number"] not in reasons


async def test_export_two_hundred_and_fifty_invoices_are_all_there(desk: Exporting) -> None:
    invoices = await desk.issue_archived(250)
    manifest = manifest_of(await desk.make())
    assert [item["number"] for item in manifest["invoices"]] == [each["number"] for each in invoices]


async def test_export_answers_with_place_and_progress(desk: Exporting) -> None:
    await desk.issue_archived(2)
    response = await desk.order()
    export = response.json()
    assert (response.status_code, export["status"]) == (202, "queued")
    assert response.headers["location"] == f"/v1/exports/{export['id']}"
    await desk.work()
    finished = await desk.get(export)
    assert (finished["status"], finished["total"], finished["done"]) == ("finished", 2, 2)
    listed = (await desk.client.get("/v1/exports")).json()
    assert listed["items"] == [finished]


async def test_export_file_has_its_hash_as_tag_and_gives_ranges(desk: Exporting) -> None:
    await desk.issue_archived(1)
    export = (await desk.order()).json()
    await desk.work()
    whole = await desk.download(export)
    finished = await desk.get(export)
    assert hashlib.sha256(whole.content).hexdigest() == finished["sha256"]
    assert (len(whole.content), whole.headers["etag"]) == (finished["size"], f'"{finished["sha256"]}"')
    part = await desk.download(export, range="bytes=10-19")
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert (await desk.download(export, range="bytes=-5")).content == whole.content[-5:]
    assert (await desk.download(export, range="bytes=99999999-")).status_code == 416
    again = await desk.download(export, **{"if-none-match": whole.headers["etag"]})
    assert again.status_code == 304


async def test_export_that_is_finished_is_announced_once(desk: Exporting) -> None:
    await desk.issue_archived(2)
    await desk.issue()
    await desk.show()
    export = (await desk.order()).json()
    await desk.work()
    await desk.work()
    (told,) = await desk.announced("invoice.export_finished.v1")
    made = await desk.get(export)
    assert (told["total"], told["missing"], told["target"]) == (3, 3, "platform")
    assert (told["sha256"], told["size"]) == (made["sha256"], made["size"])
    assert told["actor"].startswith("api_key:")


async def test_export_file_before_it_is_finished_is_not_found(desk: Exporting) -> None:
    response = await desk.download((await desk.order()).json())
    assert (response.status_code, response.json()["code"]) == (404, "export-file-not-available")


async def test_export_same_key_twice_is_ordered_once(desk: Exporting) -> None:
    first, second = [await desk.order({}, "one-key") for _ in range(2)]
    assert first.content == second.content
    assert second.headers["idempotency-replayed"] == "true"
    assert len((await desk.client.get("/v1/exports")).json()["items"]) == 1


async def test_export_of_a_worker_that_died_is_made_by_the_next(desk: Exporting) -> None:
    await desk.issue_archived(2)
    export = (await desk.order()).json()
    dead = desk.make_worker()
    await dead.step()
    await dead.close()
    await desk.work()
    assert (await desk.get(export))["status"] == "running"
    await desk.work(lambda: utc_now() + LEASE)
    assert (await desk.get(export))["status"] == "finished"
    open_zip((await desk.download(export)).content)


async def test_export_of_another_tenant_does_not_wait_for_all_of_one(desk: Exporting) -> None:
    ours = [(await desk.order()).json() for _ in range(3)]
    secret = await grant_api_key(desk.shop.worker_pool, TenantId(new_id()))
    async with make_client(desk.shop.app, secret) as other:
        theirs = (await other.post("/v1/exports", json={}, headers={"idempotency-key": "other"})).json()
        worker = desk.make_worker()
        while (await other.get(f"/v1/exports/{theirs['id']}")).json()["status"] != "finished":
            assert await worker.step()
        await worker.close()
    assert [(await desk.get(export))["status"] for export in ours].count("finished") == 1


async def test_export_cancelled_while_it_is_made_is_given_up(desk: Exporting) -> None:
    await desk.issue_archived(1)
    export = (await desk.order()).json()
    worker = desk.make_worker()
    await worker.step()
    response = await desk.client.post(f"/v1/exports/{export['id']}/cancel")
    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    while await worker.step():
        pass
    assert (await desk.get(export))["status"] == "cancelled"
    again = await desk.client.post(f"/v1/exports/{export['id']}/cancel")
    assert again.json()["code"] == "export-ended"


async def test_export_whose_time_is_over_is_deleted(desk: Exporting) -> None:
    export = (await desk.order()).json()
    await desk.work()
    key = f"{desk.shop.tenant}/{export['id']}/openfapiao-{export['id']}.zip"
    assert b"".join(await asyncio.to_thread(list, desk.desk.kept.stream(key)))
    assert await desk.make_worker(lambda: utc_now() + LIFE).expire()
    assert (await desk.download(export)).status_code == 404
    with pytest.raises(Exception, match="NoSuchKey"):
        await asyncio.to_thread(list, desk.desk.kept.stream(key))


async def test_export_for_recipients_opens_with_their_identity_only(desk: Exporting) -> None:
    await desk.issue_archived(1)
    identity = pyrage.x25519.Identity.generate()
    export = (await desk.order({"recipients": [str(identity.to_public())]})).json()
    await desk.work()
    sealed = (await desk.download(export)).content
    assert sealed.startswith(b"age-encryption.org/v1")
    assert len(manifest_of(open_zip(pyrage.decrypt(sealed, [identity])))["files"]) == 6
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(sealed, [pyrage.x25519.Identity.generate()])


async def test_export_of_another_tenant_is_not_found(desk: Exporting, database: MakeDatabase) -> None:
    export = (await desk.order()).json()
    secret = await grant_api_key(desk.shop.worker_pool, TenantId(new_id()))
    async with make_client(desk.shop.app, secret) as stranger:
        for path in (f"/v1/exports/{export['id']}", f"/v1/exports/{export['id']}/file"):
            assert (await stranger.get(path)).status_code == 404
        assert (await stranger.get("/v1/exports")).json()["items"] == []


UNACCEPTABLE: list[dict[str, Any]] = [
    {"from": "2026-11-31", "to": "2026-12-01"},
    {"from": "2026-11-02", "to": "2026-11-01"},
    {"from": "2026-11-02"},
    {"from": "0001-01-01", "to": "2026-11-02"},
    {"from": "2026-11-01", "to": "2026-11-02", "filter": {"issued_from": "2026-11-01"}},
    {"formats": ["exe"]},
    {"tables": "xlsx"},
    {"filter": {"buyer": "\u202e"}},
    {"filter": {"limit": 5}},
    {"filter": []},
    {"filter": {"amount_from": 1.5}},
    {"recipients": ["age1qqqq"]},
    {"recipients": ["AGE-SECRET-KEY-1"]},
    {"anything": 1},
]


async def test_export_unacceptable_order_is_refused(desk: Exporting) -> None:
    for body in UNACCEPTABLE:
        response = await desk.order(body)
        assert response.status_code == 422, body
        assert response.json()["errors"][0]["detail_zh"]


async def test_export_without_key_is_refused(desk: Exporting) -> None:
    response = await desk.client.post("/v1/exports", json={})
    assert (response.status_code, response.json()["code"]) == (400, "idempotency-key-missing")
