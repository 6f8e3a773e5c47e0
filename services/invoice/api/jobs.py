"""Bulk jobs: send many invoices at once, follow them, correct what failed."""

from typing import IO, Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.common import idempotency
from libs.common.auth import Principal
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import transaction
from libs.common.idempotency import IdempotentRequest
from libs.common.ids import new_id
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import KEY_PARAMETER, Reader, Writer, json_response, resources_of
from services.invoice.commands.change_job import (
    change_job,
    retry_failed,
    retry_rows,
    submit_rows,
    submit_table,
)
from services.invoice.domain.encoding import encode
from services.invoice.domain.job import Job, JobFormat, JobStatus
from services.invoice.job_intake import (
    MEDIA_TYPES,
    check_table,
    count_lines,
    cut_lines,
    cut_pieces,
    read_format,
    receive,
)
from services.invoice.queries.jobs import get_job, list_jobs, list_rows
from services.invoice.schemas.jobs import (
    JobListResponse,
    JobResponse,
    JobRowListResponse,
    ListJobsParameters,
    ListRowsParameters,
    RetryRequest,
    SubmitJobParameters,
)
from services.invoice.store.job_mapping import load_mapping
from services.invoice.table_reader import check_headings

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoice-jobs", tags=["invoice-jobs"])

_BODY = {
    "required": True,
    "description": "One invoice a line as JSON, or a table of invoice lines (see GET /v1/invoice-jobs/template.csv)",
    "content": {media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in MEDIA_TYPES},
}


@router.post(
    "",
    status_code=202,
    response_model=JobResponse,
    openapi_extra={"parameters": [KEY_PARAMETER], "requestBody": _BODY},
)
async def post_job(
    request: Request, principal: Writer, parameters: Annotated[SubmitJobParameters, Query()]
) -> Response:
    """Send up to 100,000 invoices (64 MiB); they are issued in the background, each row with its own result."""
    sent_as = read_format(request)
    idempotency.read_idempotency_key(request, None)
    async with receive(request) as upload:
        key = idempotency.read_idempotency_key(request, [sent_as, upload.digest.hex()])
        total = None
        if sent_as is JobFormat.NDJSON:
            total = count_lines(upload.file)
        else:
            check_table(upload.file, sent_as)
            await _check_headings(request, principal, upload.file, sent_as, key)
        job = _new_job(principal, sent_as, total)
        async with transaction(resources_of(request).pool, principal.tenant) as tx:
            if (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
                return answer
            if sent_as is JobFormat.NDJSON:
                await submit_rows(tx, job, parameters.priority, cut_lines(upload.file))
            else:
                await submit_table(tx, job, parameters.priority, cut_pieces(upload.file))
            view = encode(await get_job(tx, principal.tenant, job.id))
            response = json_response(view, 202, location=f"/v1/invoice-jobs/{job.id}")
            await idempotency.remember(tx, principal.tenant, key, response)
    return response


async def _check_headings(
    request: Request, principal: Principal, file: IO[bytes], sent_as: JobFormat, key: IdempotentRequest
) -> None:
    """Once: a request that is repeated gets its answer whatever the mapping has become."""
    resources = resources_of(request)
    async with transaction(resources.pool, principal.tenant) as tx:
        if await idempotency.load_answer(tx, principal.tenant, key) is not None:
            return
        mapping = await load_mapping(tx, principal.tenant)
    async with resources.tables:
        await check_headings(file, sent_as, mapping)


def _new_job(principal: Principal, sent_as: JobFormat, total: int | None) -> Job:
    now = utc_now()
    return Job(
        tenant=principal.tenant,
        id=new_id(),
        actor=principal.actor,
        format=sent_as,
        status=JobStatus.QUEUED,
        total=total,
        succeeded=0,
        failed=0,
        blocks=0,
        block=1,
        position=0,
        done_at_start=0,
        correlation=current_correlation(),
        created_at=now,
        started_at=None,
        announced_at=now,
        updated_at=now,
    )


@router.get("", response_model=JobListResponse)
async def get_jobs(
    request: Request, principal: Reader, parameters: Annotated[ListJobsParameters, Query()]
) -> Response:
    """The tenant's bulk jobs, newest first."""
    page = await list_jobs(
        resources_of(request).pool,
        principal.tenant,
        status=parameters.status,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_response(encode(page), cache_control="no-store")


@router.get("/{job_id}", response_model=JobResponse)
async def get_one_job(request: Request, job_id: UUID, principal: Reader) -> Response:
    """How far the job is, and when it is expected to end."""
    return await _answer(request, principal, job_id, 200)


async def _answer(request: Request, principal: Principal, job_id: UUID, status: int) -> Response:
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        view = await get_job(tx, principal.tenant, job_id)
    return json_response(encode(view), status, cache_control="no-store")


@router.get("/{job_id}/rows", response_model=JobRowListResponse)
async def get_rows(
    request: Request, job_id: UUID, principal: Reader, parameters: Annotated[ListRowsParameters, Query()]
) -> Response:
    """What became of the rows, with the reasons of those that failed."""
    page = await list_rows(
        resources_of(request).pool,
        principal.tenant,
        job_id,
        state=parameters.state,
        limit=parameters.limit,
        cursor=parameters.cursor,
    )
    return json_response(encode(page), cache_control="no-store")


@router.post("/{job_id}/retry", status_code=202, response_model=JobResponse)
async def post_retry(request: Request, job_id: UUID, body: RetryRequest, principal: Writer) -> Response:
    """Try failed rows again: all of them as they were sent, or some with other content."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        if body.rows is None:
            await retry_failed(tx, principal.tenant, job_id, now=utc_now())
        else:
            rows = [(each.row, encode(each.invoice)) for each in body.rows]
            await retry_rows(tx, principal.tenant, job_id, rows, now=utc_now())
    return await _answer(request, principal, job_id, 202)


@router.post("/{job_id}/{action}", response_model=JobResponse)
async def post_action(
    request: Request, job_id: UUID, action: Literal["cancel", "pause", "resume"], principal: Writer
) -> Response:
    """Stop the job for good or for a while, or let it go on; rows that are done stay done."""
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        await change_job(tx, principal.tenant, job_id, action, now=utc_now())
    return await _answer(request, principal, job_id, 200)
