"""Body of `POST /v1/invoices/{id}/resubmit`."""

from typing import Annotated

from services.invoice.schemas.fields import StrictModel, Text


class ResubmitRequest(StrictModel):
    """`reason`: what has been put right since the authority refused it; the timeline shows it."""

    reason: Annotated[str, Text(300, is_required=True)]
