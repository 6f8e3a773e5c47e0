"""Red-letter forms, the red invoices they lead to, and reissues."""

import hashlib
from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.common import idempotency
from libs.common.answers import resource_answer
from libs.common.auth import Principal
from libs.common.clock import utc_now
from libs.common.context import current_correlation
from libs.common.db import Pool, Tx, transaction
from libs.common.idempotency import IdempotentRequest
from libs.common.ids import InvoiceId, TenantId, new_id
from libs.common.problems import Problem
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import (
    KEY_HEADER,
    Reader,
    Writer,
    json_response,
    resources_of,
)
from services.invoice.api.waiting import wait_until
from services.invoice.commands.change_red_form import change_red_form
from services.invoice.commands.issue_red_invoice import IssueRedInvoice, issue_red_invoice
from services.invoice.commands.open_red_form import OpenRedForm, Replacement, open_red_form
from services.invoice.commands.reissue_invoice import (
    Reissuing,
    finish_reissue,
    keep_replacement,
    lock_reissue,
)
from services.invoice.data.rule_packs import current_rules
from services.invoice.domain.encoding import encode, encode_invoice
from services.invoice.domain.pricing import price_invoice
from services.invoice.domain.red_form import ISSUABLE, LIVE, Action, RedForm
from services.invoice.domain.red_reasons import RedReason
from services.invoice.errors import RedFormRefused, RedFormStateConflict
from services.invoice.queries.red_forms import get_red_form, list_red_forms, present_form
from services.invoice.schemas.answers import InvoiceResponse
from services.invoice.schemas.fields import NoFields
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from services.invoice.schemas.red_forms import (
    ListRedFormsParameters,
    OpenRedFormRequest,
    RedFormListResponse,
    RedFormResponse,
)
from services.invoice.store.invoice import load_invoice
from services.invoice.store.red_form import load_red_form

router = APIRouter(route_class=StrictRoute, tags=["red-forms"])


@router.post(
    "/v1/invoices/{invoice_id}/red-forms",
    status_code=201,
    response_model=RedFormResponse,
    openapi_extra=KEY_HEADER,
)
async def post_red_form(
    request: Request, invoice_id: UUID, body: OpenRedFormRequest, principal: Writer
) -> Response:
    """Start a red-letter form; what it takes is held until it ends."""
    pool = resources_of(request).pool
    key = idempotency.read_idempotency_key(request, await request.json())
    lines = None if body.lines is None else [line.to_domain() for line in body.lines]
    command = _open(
        principal, invoice_id, key, body.reason, lines=lines, remarks=body.remarks, drawer=body.drawer
    )
    async with transaction(pool, principal.tenant) as tx:
        if (answer := await idempotency.load_answer(tx, principal.tenant, key)) is not None:
            return answer
        opened = await open_red_form(tx, command, rules=current_rules(), now=utc_now())
    await _wait_for_bureau(pool, principal.tenant, opened.form.id)
    async with transaction(pool, principal.tenant) as tx:
        if (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        form = (await load_red_form(tx, principal.tenant, opened.form.id)).form
        _check_accepted(form)
        response = json_response(encode(present_form(form)), 201, location=f"/v1/red-forms/{form.id}")
        await idempotency.remember(tx, principal.tenant, key, response)
    return response


def _open(
    principal: Principal, invoice_id: UUID, key: IdempotentRequest, reason: RedReason, **fields: Any
) -> OpenRedForm:
    return OpenRedForm(
        tenant=principal.tenant,
        actor=principal.actor,
        form_id=new_id(),
        invoice_id=InvoiceId(invoice_id),
        reason=reason,
        request_key=hashlib.sha256(f"{key.route} {key.key} {key.request_hash.hex()}".encode()).hexdigest(),
        correlation=current_correlation(),
        **fields,
    )


async def _wait_for_bureau(pool: Pool, tenant: TenantId, form_id: UUID) -> None:
    """Until the bureau has heard all that was decided here, at most a few seconds."""

    async def has_heard(tx: Tx) -> bool:
        stored = await load_red_form(tx, tenant, form_id)
        return stored.task is None or stored.form.state not in LIVE

    await wait_until(pool, tenant, has_heard)


def _check_accepted(form: RedForm) -> None:
    if form.state not in LIVE and form.last_error is not None:
        error = form.last_error
        raise RedFormRefused(
            error.detail, detail_zh=error.detail_zh, reason_code=error.code, form_id=str(form.id)
        )


@router.get("/v1/red-forms", response_model=RedFormListResponse)
async def get_red_forms(
    request: Request, principal: Reader, parameters: Annotated[ListRedFormsParameters, Query()]
) -> Response:
    """The tenant's forms, newest first."""
    pool = resources_of(request).pool
    page = await list_red_forms(pool, principal.tenant, **parameters.model_dump())
    return json_response(encode(page), cache_control="no-store")


@router.get("/v1/red-forms/{form_id}", response_model=RedFormResponse)
async def get_one_red_form(request: Request, form_id: UUID, principal: Reader) -> Response:
    """A form as it is now."""
    form = await get_red_form(resources_of(request).pool, principal.tenant, form_id)
    content = encode(present_form(form))
    etag = f'"{form.version}"'
    return resource_answer(content, etag, if_none_match=request.headers.get("if-none-match"))


@router.post("/v1/red-forms/{form_id}/confirm", response_model=RedFormResponse)
async def post_confirm(
    request: Request, form_id: UUID, principal: Writer, _: NoFields | None = None
) -> Response:
    """Agree to a form that the buyer entered (03 → 04)."""
    return await _change(request, form_id, principal, Action.SELLER_CONFIRMS)


@router.post("/v1/red-forms/{form_id}/reject", response_model=RedFormResponse)
async def post_reject(
    request: Request, form_id: UUID, principal: Writer, _: NoFields | None = None
) -> Response:
    """Refuse a form that the buyer entered (03 → 06)."""
    return await _change(request, form_id, principal, Action.SELLER_REJECTS)


@router.post("/v1/red-forms/{form_id}/revoke", response_model=RedFormResponse)
async def post_revoke(
    request: Request, form_id: UUID, principal: Writer, _: NoFields | None = None
) -> Response:
    """Take back a form of ours (01, 02 → 08), or one that both sides confirmed (04 → 09)."""
    return await _change(request, form_id, principal, Action.SELLER_REVOKES)


async def _change(request: Request, form_id: UUID, principal: Principal, action: Action) -> Response:
    """With an Idempotency-Key a repeat gets the same answer, without one a second time is refused."""
    has_key = "idempotency-key" in request.headers
    key = idempotency.read_idempotency_key(request, {}) if has_key else None
    async with transaction(resources_of(request).pool, principal.tenant) as tx:
        if key and (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        form = await change_red_form(
            tx, principal.tenant, form_id, action, actor=principal.actor, now=utc_now()
        )
        response = json_response(encode(present_form(form)))
        if key:
            await idempotency.remember(tx, principal.tenant, key, response)
    return response


@router.post(
    "/v1/red-forms/{form_id}/issue", status_code=201, response_model=InvoiceResponse, openapi_extra=KEY_HEADER
)
async def post_issue(
    request: Request, form_id: UUID, principal: Writer, _: NoFields | None = None
) -> Response:
    """Issue the red invoice of a form that needs no confirmation (01) or has it (04)."""
    resources = resources_of(request)
    key = idempotency.read_idempotency_key(request, {})
    form = await get_red_form(resources.pool, principal.tenant, form_id)
    if form.state in ISSUABLE and form.red_invoice_id is None:
        await _wait_for_bureau(resources.pool, principal.tenant, form_id)
    command = IssueRedInvoice(
        tenant=principal.tenant,
        actor=principal.actor,
        form_id=form_id,
        invoice_id=InvoiceId(new_id()),
        rules=current_rules(),
        promise=resources.promise,
        key=key,
        correlation=current_correlation(),
    )
    async with transaction(resources.pool, principal.tenant) as tx:
        if (answer := await idempotency.claim(tx, principal.tenant, key)) is not None:
            return answer
        red = await issue_red_invoice(tx, command, now=utc_now())
    location = f"/v1/invoices/{red.invoice.id}"
    return json_response(encode_invoice(red.invoice), 201, location=location)


@router.post(
    "/v1/invoices/{invoice_id}/reissue",
    status_code=201,
    response_model=InvoiceResponse,
    responses={202: {"model": InvoiceResponse, "description": "A draft: the buyer has to confirm first"}},
    openapi_extra=KEY_HEADER,
)
async def post_reissue(
    request: Request, invoice_id: UUID, body: IssueInvoiceRequest, principal: Writer
) -> Response:
    """Take an invoice with wrong content back whole and issue the one of the body in its place."""
    resources = resources_of(request)
    key = idempotency.read_idempotency_key(request, await request.json())
    command = body.to_domain()
    async with transaction(resources.pool, principal.tenant) as tx:
        if (answer := await idempotency.load_answer(tx, principal.tenant, key)) is not None:
            return answer
        price_invoice(command, current_rules())
        replacement = Replacement(InvoiceId(new_id()), command)
        wanted = _open(principal, invoice_id, key, RedReason.ISSUED_IN_ERROR, replacement=replacement)
        opened = await open_red_form(tx, wanted, rules=current_rules(), now=utc_now())
    await _wait_for_bureau(resources.pool, principal.tenant, opened.form.id)
    try:
        return await _finish(resources.pool, principal, key, opened.form.id, resources.promise)
    except Problem:
        await _withdraw(resources.pool, principal, opened.form.id)
        raise


async def _finish(
    pool: Pool, principal: Principal, key: IdempotentRequest, form_id: UUID, promise: timedelta
) -> Response:
    """Both invoices, by us or by the worker that was quicker; or the draft of the new one while the form waits."""
    tenant, now = principal.tenant, utc_now()
    async with transaction(pool, tenant) as tx:
        if (answer := await idempotency.claim(tx, tenant, key)) is not None:
            return answer
        stored = await lock_reissue(tx, tenant, form_id)
        _check_accepted(stored.form)
        if stored.form.state in ISSUABLE and stored.form.confirmation_number:
            await finish_reissue(tx, stored, Reissuing(current_rules, promise), now=now)
            invoice, status = (
                await load_invoice(tx, tenant, stored.form.replacement_id or InvoiceId(form_id)),
                201,
            )
        else:
            invoice, status = (
                await keep_replacement(tx, stored, Reissuing(current_rules, promise), now=now),
                202,
            )
        response = json_response(encode_invoice(invoice), status, location=f"/v1/invoices/{invoice.id}")
        await idempotency.remember(tx, tenant, key, response)
    return response


async def _withdraw(pool: Pool, principal: Principal, form_id: UUID) -> None:
    """The new invoice could not be issued: the old one stays as it is."""
    try:
        async with transaction(pool, principal.tenant) as tx:
            await change_red_form(
                tx, principal.tenant, form_id, Action.SELLER_REVOKES, actor=principal.actor, now=utc_now()
            )
    except RedFormStateConflict:
        return
