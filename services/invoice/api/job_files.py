"""Files of bulk jobs: the template, the mapping of a tenant's own headings, and results as tables."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import IO, Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from libs.common.clock import utc_now
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.problems import FieldError, Invalid, json_pointer
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, Writer, resources_of
from services.invoice.domain.table_columns import COLUMNS
from services.invoice.job_intake import MEDIA_TYPES
from services.invoice.job_tables.results import ALL_HEADINGS, FAILED_HEADINGS, list_failed, list_result
from services.invoice.job_tables.write import CsvTable, XlsxTable
from services.invoice.queries.jobs import get_job, read_failed_rows, read_rows
from services.invoice.schemas.jobs import MappingRequest, MappingResponse, ResultParameters
from services.invoice.store.job_mapping import load_mapping, save_mapping

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoice-jobs", tags=["invoice-jobs"])

Format = Literal["csv", "xlsx"]
Table = TypeVar("Table", CsvTable, XlsxTable)
_TYPES = {str(form): media_type for media_type, form in MEDIA_TYPES.items()}
_FILE: dict[str, Any] = {
    "content": {media_type: {} for form, media_type in _TYPES.items() if form != "ndjson"}
}


@router.get("/template.{form}", response_class=Response, responses={200: _FILE})
async def get_template(form: Format, _: Reader) -> Response:
    """An empty table with the headings; as XLSX with a sheet that explains them."""
    headings = [column.heading for column in COLUMNS.values()]
    if form == "csv":
        table = CsvTable()
        table.write(headings)
        return Response(table.take(), headers=_headers(form, "template"))
    with tempfile.TemporaryFile() as file:
        sheet = XlsxTable(file)
        sheet.write(headings)
        sheet.explain_columns()
        sheet.close()
        file.seek(0)
        return Response(file.read(), headers=_headers(form, "template"))


@router.get("/mapping")
async def get_columns(request: Request, principal: Reader) -> MappingResponse:
    """What the tenant's own headings mean."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        return MappingResponse(columns=await load_mapping(tx, principal.tenant))


@router.put("/mapping")
async def put_columns(request: Request, body: MappingRequest, principal: Writer) -> MappingResponse:
    """Remember what the tenant's own headings mean, for every table it sends from now on."""
    errors = [
        FieldError(
            json_pointer(["columns", heading]),
            "unknown-column",
            f"There is no column {name!a}.",
            f"没有名为“{name}”的列。",
        )
        for heading, name in body.columns.items()
        if name not in COLUMNS
    ]
    if errors:
        raise Invalid(errors=errors)
    columns = {heading.strip(): name for heading, name in body.columns.items()}
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await save_mapping(tx, principal.tenant, columns, now=utc_now())
    return MappingResponse(columns=columns)


@router.get("/{job_id}/result.{form}", response_class=Response, responses={200: _FILE})
async def get_result(
    request: Request,
    job_id: UUID,
    form: Format,
    principal: Reader,
    parameters: Annotated[ResultParameters, Query()],
) -> Response:
    """Every row with its result; `state=failed`: only the bad ones as sent, the cells to correct marked."""
    pool = resources_of(request).pool
    async with transaction(pool, principal.tenant) as tx:
        await get_job(tx, principal.tenant, job_id)
    name = f"{job_id}-failed" if parameters.state else str(job_id)
    write = _write_failed if parameters.state else _write_all
    if form == "csv":
        content = _stream_csv(write(CsvTable(), pool, principal.tenant, job_id))
        return StreamingResponse(content, headers=_headers(form, name))
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed at the end of the answer
    sheet = XlsxTable(file)
    async for _ in write(sheet, pool, principal.tenant, job_id):
        continue
    sheet.close()
    return StreamingResponse(_stream_file(file), headers=_headers(form, name))


def _headers(form: Format, name: str) -> dict[str, str]:
    return {
        "content-type": "text/csv; charset=utf-8" if form == "csv" else _TYPES[form],
        "content-disposition": f'attachment; filename="invoice-job-{name}.{form}"',
        "cache-control": "no-store",
    }


async def _write_all(table: Table, pool: Pool, tenant: TenantId, job_id: UUID) -> AsyncIterator[Table]:
    table.write(ALL_HEADINGS)
    async for rows in read_rows(pool, tenant, job_id):
        for row in rows:
            table.write(list_result(row))
        yield table
    yield table


async def _write_failed(table: Table, pool: Pool, tenant: TenantId, job_id: UUID) -> AsyncIterator[Table]:
    table.write(FAILED_HEADINGS)
    async for rows in read_failed_rows(pool, tenant, job_id):
        for row in rows:
            for cells, marks in list_failed(row):
                table.write(cells, marks)
        yield table
    yield table


async def _stream_csv(written: AsyncIterator[CsvTable]) -> AsyncIterator[bytes]:
    async for table in written:
        yield table.take()


def _stream_file(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(64 * 1024):
            yield piece
