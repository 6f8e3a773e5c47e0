"""The compliance check: what the rules say to an invoice, before it is issued or after."""

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from libs.common.clock import utc_now
from libs.common.problem_answers import invalid_from
from libs.common.strict_json import StrictRoute
from services.invoice.api.routing import Reader, json_response, resources_of
from services.invoice.domain.encoding import encode
from services.invoice.queries.invoice_checks import InvoiceCheck, check_given, check_number, report_form
from services.invoice.schemas.invoice_checks import InvoiceCheckRequest, InvoiceCheckResponse
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest

router = APIRouter(route_class=StrictRoute, prefix="/v1/invoice-checks", tags=["rules"])


@router.post("", response_model=InvoiceCheckResponse)
async def post_invoice_check(request: Request, body: InvoiceCheckRequest, principal: Reader) -> Response:
    """Every rule that speaks, with its weight; issues nothing and keeps nothing."""
    pool, now = resources_of(request).pool, utc_now()
    found: InvoiceCheck
    if body.number is not None:
        found = await check_number(pool, principal.tenant, body.number, body.code, now=now)
    else:
        try:
            command = IssueInvoiceRequest.model_validate(body.invoice).to_domain()
        except ValidationError as error:
            errors = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)]
            found = report_form(invalid_from(errors).errors, now=now)
        else:
            found = await check_given(pool, principal.tenant, command, now=now)
    return json_response(encode(found), cache_control="no-store")
