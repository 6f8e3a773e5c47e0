"""Bulk jobs from tables, and their results as tables."""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest
import python_calamine
import xlsxwriter

from tests.helpers.databases import MakeDatabase
from tests.helpers.invoicing import Issuing, issuing, make_body
from tests.helpers.jobs import get_job, get_rows, make_lines, submit, work

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = [
    "发票类型",
    "单据编号",
    "购买方名称",
    "购买方税号",
    "项目名称",
    "税收分类编码",
    "数量",
    "单价",
    "税率",
]
BUYER = ["武汉某某商贸有限公司", "91420100MA4K00002Y"]


@pytest.fixture
async def shop(database: MakeDatabase) -> AsyncIterator[Issuing]:
    async with issuing(await database("invoice")) as opened:
        yield opened


def make_row(reference: str, name: str = "键盘", **changes: str) -> list[str]:
    row = ["digital_ordinary", reference, *BUYER, name, "1090511030000000000", "12", "86.5", "13%"]
    for heading, cell in changes.items():
        row[HEADINGS.index(heading)] = cell
    return row


def make_csv(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([headings, *rows])
    return text.getvalue()


def make_xlsx(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for line, cells in enumerate([headings, *rows]):
        sheet.write_row(line, 0, cells)
    book.close()
    return file.getvalue()


async def send(shop: Issuing, content: bytes, media_type: str) -> dict[str, Any]:
    """A job that has been worked off."""
    answer = await submit(shop, content, **{"content-type": media_type})
    assert answer.status_code == 202, answer.text
    await work(shop)
    return await get_job(shop, answer.json()["id"])


async def get_result(shop: Issuing, job: dict[str, Any], form: str, **parameters: str) -> httpx.Response:
    answer = await shop.client.get(f"/v1/invoice-jobs/{job['id']}/result.{form}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer


def read_csv(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> list[dict[str, Any]]:
    headings, *rows = python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).iter_rows()
    return [dict(zip(map(str, headings), row, strict=True)) for row in rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
async def test_csv_in_each_encoding_issues_an_invoice_a_reference(shop: Issuing, encoding: str) -> None:
    rows = [make_row("SO-1"), make_row("SO-1", "鼠标"), [""] * 9, make_row("SO-2", "显示器", 税率="0.13")]
    job = await send(shop, make_csv(rows).encode(encoding), "text/csv; charset=utf-8")
    assert (job["status"], job["total"], job["succeeded"], job["format"]) == ("finished", 2, 2, "csv")
    first, second = await get_rows(shop, job["id"])
    assert (first["reference"], second["reference"]) == ("SO-1", "SO-2")
    invoice = (await shop.client.get(f"/v1/invoices/{first['invoice_id']}")).json()
    assert [line["name"].split("*")[-1] for line in invoice["lines"]] == ["键盘", "鼠标"]
    assert invoice["totals"]["amount_with_tax"] == "2345.88"
    assert invoice["buyer"]["name"] == BUYER[0]


async def test_xlsx_with_numbers_in_its_cells_is_read_as_it_looks(shop: Issuing) -> None:
    rows = [make_row("SO-1"), make_row("SO-2")]
    cells = [[*row[:6], 12, 86.5, 0.13] for row in rows]
    job = await send(shop, make_xlsx(cells), XLSX)
    assert (job["status"], job["total"], job["succeeded"]) == ("finished", 2, 2)


async def test_dotted_column_names_and_long_lists_make_many_blocks(shop: Issuing) -> None:
    headings = ["kind", "reference", "buyer.name", "buyer.tax_id", "line.name", "line.tax_class_code"]
    headings += ["line.quantity", "line.unit_price", "line.tax_rate"]
    rows = [make_row(f"SO-{number}") for number in range(1, 351)]
    job = await send(shop, make_csv(rows, headings).encode(), "text/csv")
    assert (job["total"], job["succeeded"]) == (350, 350)


async def test_bad_cells_are_named_with_their_columns(shop: Issuing) -> None:
    rows = [
        make_row("SO-1"),
        [""] * 9,
        make_row("SO-2"),
        make_row("SO-2", 税率="12%"),
        make_row("SO-3"),
        make_row("SO-3", 购买方名称="别的公司"),
    ]
    job = await send(shop, make_csv(rows).encode(), "text/csv")
    assert (job["succeeded"], job["failed"]) == (1, 2)
    rate, name = await get_rows(shop, job["id"], state="failed")
    (error,) = rate["problem"]["errors"]
    assert (error["pointer"], error["column"], error["cell"]) == ("/lines/1/tax_rate", "line.tax_rate", "I5")
    (error,) = name["problem"]["errors"]
    assert (error["code"], error["column"], error["cell"]) == ("cells-disagree", "buyer.name", "C6")


async def test_failed_rows_come_back_as_a_table_that_can_be_corrected_and_sent(shop: Issuing) -> None:
    rows = [make_row("SO-1"), make_row("SO-2"), make_row("SO-2", 税率="12%"), make_row("SO-3", 单价="0")]
    job = await send(shop, make_csv(rows).encode(), "text/csv")
    found = read_csv(await get_result(shop, job, "csv", state="failed"))
    assert [(row["reference"], row["line.tax_rate"], row["problem"]) for row in found] == [
        ("SO-2", "0.13", "validation-failed"),
        ("SO-2", "0.12", ""),
        ("SO-3", "0.13", "validation-failed"),
    ]
    assert "I4 税率" in found[0]["fix"]
    marked = await get_result(shop, job, "xlsx", state="failed")
    assert [row["line.tax_rate"] for row in read_xlsx(marked.content)] == ["0.13", "0.12", "0.13"]
    with zipfile.ZipFile(io.BytesIO(marked.content)) as archive:
        assert b"0.13" in archive.read("xl/comments1.xml")
    found[1]["line.tax_rate"], found[2]["line.unit_price"] = "0.13", "2"
    corrected = make_csv([list(row.values()) for row in found], list(found[0]))
    again = await send(shop, corrected.encode("utf-8-sig"), "text/csv")
    assert (again["total"], again["succeeded"]) == (2, 2)


async def test_result_lists_every_row_and_keeps_long_numbers_as_text(shop: Issuing) -> None:
    bodies = [make_body(reference="=1+1"), make_body(reference="SO-2"), {"reference": "+SO-3"}]
    answer = await submit(shop, make_lines(bodies))
    await work(shop)
    job = await get_job(shop, answer.json()["id"])
    number = (await get_rows(shop, job["id"]))[0]["number"]
    as_csv = read_csv(await get_result(shop, job, "csv"))
    assert [row["reference"] for row in as_csv] == ["'=1+1", "SO-2", "'+SO-3"]
    assert as_csv[0]["number"] == number
    as_xlsx = read_xlsx((await get_result(shop, job, "xlsx")).content)
    assert [row["state"] for row in as_xlsx] == ["succeeded", "succeeded", "failed"]
    assert (as_xlsx[0]["number"], as_xlsx[0]["reference"]) == (number, "=1+1")
    assert as_xlsx[2]["problem"] == "validation-failed"
    assert "购买方" in as_xlsx[2]["fix"] or "buyer" in as_xlsx[2]["fix"]


@pytest.mark.parametrize("media_type", ["text/csv", XLSX])
async def test_unknown_columns_are_refused_at_once_with_what_was_meant(
    shop: Issuing, media_type: str
) -> None:
    headings, rows = [*HEADINGS[:-1], "税率率", "我的备注列"], [[*make_row("SO-1"), ""]]
    content = make_xlsx(rows, headings) if media_type == XLSX else make_csv(rows, headings).encode()
    answer = await submit(shop, content, **{"content-type": media_type})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation-failed")
    errors = answer.json()["errors"]
    last = len(HEADINGS)
    assert [(each["pointer"], each["code"]) for each in errors] == [
        (f"/columns/{last - 1}", "unknown-column"),
        (f"/columns/{last}", "unknown-column"),
        ("", "missing-column"),
    ]
    assert "是否为“税率”" in errors[0]["detail_zh"]
    assert "Did you mean" in errors[0]["detail"]
    assert "我的备注列" in errors[1]["detail_zh"]
    assert (await shop.client.get("/v1/invoice-jobs")).json()["items"] == []


async def test_mapping_changed_after_a_table_was_taken_in_changes_no_repeated_answer(shop: Issuing) -> None:
    path, columns = "/v1/invoice-jobs/mapping", {"品名": "line.name"}
    assert (await shop.client.put(path, json={"columns": columns})).status_code == 200
    headings = ["品名" if heading == "项目名称" else heading for heading in HEADINGS]
    content = make_csv([make_row("SO-1")], headings).encode()
    first = await submit(shop, content, "k1", **{"content-type": "text/csv"})
    assert (await shop.client.put(path, json={"columns": {}})).status_code == 200
    again = await submit(shop, content, "k1", **{"content-type": "text/csv"})
    assert (again.status_code, again.content) == (202, first.content)
    other = await submit(shop, content, "k2", **{"content-type": "text/csv"})
    assert other.status_code == 422
    await work(shop)
    job = await get_job(shop, first.json()["id"])
    assert (job["status"], job["problem"]["errors"][0]["code"]) == ("failed", "unknown-column")


async def test_mapping_of_own_headings_is_remembered(shop: Issuing) -> None:
    columns = {"品名": "line.name", "客户": "buyer.name"}
    answer = await shop.client.put("/v1/invoice-jobs/mapping", json={"columns": columns})
    assert (answer.status_code, answer.json()) == (200, {"columns": columns})
    assert (await shop.client.get("/v1/invoice-jobs/mapping")).json() == {"columns": columns}
    headings = ["客户" if h == "购买方名称" else "品名" if h == "项目名称" else h for h in HEADINGS]
    job = await send(shop, make_csv([make_row("SO-1")], headings).encode(), "text/csv")
    assert (job["status"], job["succeeded"]) == ("finished", 1)
    refused = await shop.client.put("/v1/invoice-jobs/mapping", json={"columns": {"x": "line.nmae"}})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown-column")


async def test_template_can_be_filled_in_and_sent(shop: Issuing) -> None:
    answer = await shop.client.get("/v1/invoice-jobs/template.csv")
    (headings,) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    cells = dict(zip(HEADINGS, make_row("SO-1"), strict=True))
    row = [cells.get(heading, "") for heading in headings]
    assert (await send(shop, make_csv([row], headings).encode(), "text/csv"))["succeeded"] == 1
    sheet = await shop.client.get("/v1/invoice-jobs/template.xlsx")
    workbook = python_calamine.load_workbook(io.BytesIO(sheet.content))
    assert next(iter(workbook.get_sheet_by_index(0).iter_rows())) == headings
    assert workbook.sheet_names[1] == "说明"


def make_archive(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def make_far_cell() -> bytes:
    """A sheet of two cells, a whole sheet's width and height apart."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADINGS)
    sheet.write_string(1_048_575, 16_383, "x")
    book.close()
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"", "text/csv"),
        (b"no zip", XLSX),
        (make_archive({"a.txt": b"x"}), XLSX),
        (make_archive({"xl/workbook.xml": b"", "xl/worksheets/sheet1.xml": b" " * 310 * 1024**2}), XLSX),
        (make_archive({f"x{n}": b"" for n in range(1001)} | {"xl/workbook.xml": b""}), XLSX),
        (make_archive({"xl/workbook.xml": b"<"}), XLSX),
        (make_far_cell(), XLSX),
        (b'kind,"unclosed\n', "text/csv"),
        (b"\xff\xff\xff", "text/csv"),
        ((",".join(["a"] * 201) + "\n").encode(), "text/csv"),
    ],
)
async def test_what_shows_at_once_to_be_no_table_is_refused(
    shop: Issuing, content: bytes, media_type: str
) -> None:
    answer = await submit(shop, content, **{"content-type": media_type})
    assert answer.status_code == 422
    assert answer.json()["code"] in {"table-unreadable", "job-has-no-rows"}


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (make_csv([make_row("SO-1")]).encode() + b'"unclosed', "text/csv", "table-unreadable"),
        (make_csv([]).encode(), "text/csv", "job-has-no-rows"),
        (make_csv([make_row("SO-1")] * 100_001).encode(), "text/csv", "too-many-rows"),
    ],
)
async def test_what_cannot_be_read_fails_the_job(
    shop: Issuing, content: bytes, media_type: str, code: str
) -> None:
    # The limit of the app in process is that of small bodies.
    if len(content) > 2 * 1024 * 1024:
        content = make_csv([["x"]] * 100_001, ["kind", *HEADINGS[1:]]).encode()
    job = await send(shop, content, media_type)
    assert (job["status"], job["problem"]["code"]) == ("failed", code)
