"""Where anyone may ask whether a document or the facts read off it are of an invoice issued here, and still stand."""

import hashlib
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import ValidationError

from libs.common.clock import utc_now
from libs.common.problem_answers import invalid_from
from libs.common.problems import BodyTooLarge, Problem, TooManyRequests, UnsupportedMediaType
from libs.common.strict_json import StrictRoute, parse_json
from services.render.api.upload import DOCUMENT, FORM, FORMATS, JSON, find_format, media_type, read_form
from services.render.metrics import VERIFICATIONS, VERIFICATIONS_REFUSED
from services.render.resources import Resources
from services.render.verification.errors import FileUnreadable
from services.render.verification.schemas import VerificationAnswer, VerificationQuestion, build_answer
from services.render.verification.unreadable import Unreadable
from services.render.verification.verifier import Outcome, Verifier
from services.render.verification.xml_tree import refuse_doctype

PATH = "/v1/verifications"
MOST_BYTES = 10 * 1024 * 1024
MOST_QUESTION_BYTES = 16 * 1024
# Of one address: so much at once, then so many a second. What was asked in vain costs so much more: it may be a guess.
RATE, BURST, MISS = 10, 240, 2
# Of all together.
TOTAL_RATE, TOTAL_BURST = 50, 300
_EVERYBODY = UUID(int=0)

router = APIRouter(route_class=StrictRoute, tags=["verifications"])

_FILE = {"schema": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A PDF, OFD or XML as received (at most 10 MiB), alone or as `file` of a form; or a question",
        "content": {
            JSON: {"schema": VerificationQuestion.model_json_schema()},
            FORM: {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            },
            **dict.fromkeys(FORMATS, _FILE),
        },
    }
}


def caller_key(request: Request) -> UUID:
    """One for each address; a household or data centre with many IPv6 addresses has one /64."""
    host = request.client.host if request.client else ""
    with suppress(ValueError):
        address = ip_address(host)
        if isinstance(address, IPv6Address):
            host = str(int(address) >> 64)
    return UUID(bytes=hashlib.sha256(host.encode()).digest()[:16])


def _limit(request: Request, resources: Resources) -> None:
    limits = resources.verification_limits
    limits.spend(request, caller_key(request), rate=RATE, burst=BURST, policy="verifications")
    headers = request.state.rate_headers
    limits.spend(request, _EVERYBODY, rate=TOTAL_RATE, burst=TOTAL_BURST, policy="verifications-of-all")
    request.state.rate_headers = headers


@router.post(PATH, openapi_extra=_BODY)
async def post_verification(request: Request) -> VerificationAnswer:
    """Needs no credential. Names what differs, and never tells a value that the asker did not show."""
    resources: Resources = request.app.state.resources
    try:
        _limit(request, resources)
        outcome = await _verify(request, resources.verifier)
    except Problem as problem:
        VERIFICATIONS_REFUSED.labels(problem.code).inc()
        if isinstance(problem, FileUnreadable):
            _charge(request, resources)
        raise
    VERIFICATIONS.labels(outcome.format, outcome.verdict).inc()
    if _may_be_guess(outcome):
        _charge(request, resources)
    return build_answer(outcome, utc_now())


def _may_be_guess(outcome: Outcome) -> bool:
    """Who shows an altered file has held a copy."""
    return outcome.verdict == "unknown" or (outcome.verdict == "altered" and outcome.version is None)


async def _verify(request: Request, verifier: Verifier) -> Outcome:
    if request.headers.get("content-encoding", "identity") != "identity":
        raise UnsupportedMediaType
    declared, content = media_type(request), await request.body()
    if declared == FORM:
        declared, content = read_form(request.headers["content-type"], content)
    if (original := await verifier.find_original(content)) is not None:
        return original
    if declared == JSON and DOCUMENT in content:
        return await verifier.verify_file("json", content, caller_key(request))
    if declared == JSON:
        return await verifier.answer_question(_read_question(content).as_question())
    file_format = find_format(declared, content)
    if file_format == "xml":
        _refuse_entities(content)
    return await verifier.verify_file(file_format, content, caller_key(request))


def _read_question(content: bytes) -> VerificationQuestion:
    if len(content) > MOST_QUESTION_BYTES:
        raise BodyTooLarge
    try:
        return VerificationQuestion.model_validate(parse_json(content))
    except ValidationError as error:
        raise invalid_from([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None


def _refuse_entities(content: bytes) -> None:
    """At once, before a process is made for it."""
    try:
        refuse_doctype(content)
    except Unreadable as error:
        raise FileUnreadable(error.reason, detail_zh=error.reason_zh) from None


def _charge(request: Request, resources: Resources) -> None:
    with suppress(TooManyRequests):
        for _ in range(MISS):
            resources.verification_limits.spend(
                request, caller_key(request), rate=RATE, burst=BURST, policy="verifications"
            )
