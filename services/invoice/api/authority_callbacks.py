"""Where the authority may call without being asked."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from libs.common.clock import utc_now
from libs.common.db import transaction
from libs.common.strict_json import StrictRoute
from services.invoice import metrics
from services.invoice.api.routing import json_response, resources_of
from services.invoice.commands.hear_callback import hear_callback
from services.invoice.domain.callback import About, Callback
from services.invoice.schemas.callbacks import AuthorityCallbackRequest, AuthorityCallbackResponse

PATH = "/v1/authority-callbacks"
MOST_BYTES = 16 * 1024
# All callers together: there is no telling who they are.
_RATE, _BURST, _BUCKET = 500, 1000, UUID(int=0)
_RECEIVED = b'{"received":true}'

router = APIRouter(route_class=StrictRoute, tags=["authority callbacks"])


def _limit(request: Request) -> None:
    limits = request.app.state.rate_limits
    limits.spend(request, _BUCKET, rate=_RATE, burst=_BURST, policy="callbacks")


@router.post(PATH, status_code=202, response_model=AuthorityCallbackResponse)
async def post_callback(
    request: Request, body: AuthorityCallbackRequest, _: Annotated[None, Depends(_limit)]
) -> Response:
    """Needs no credential, for nothing in it is believed: what it names is asked for at the authority sooner.

    The answer never tells whether anything of ours is meant.
    """
    callback = Callback(body.id, About(body.about), body.seller, body.serial)
    async with transaction(resources_of(request).pool) as tx:
        is_new = await hear_callback(tx, callback, now=utc_now())
    metrics.CALLBACKS.labels("new" if is_new else "repeated").inc()
    return json_response(_RECEIVED, 202, cache_control="no-store")
