"""Body of `POST /v1/invoices/{id}/void`; nothing has to be said."""

from typing import Annotated

from services.invoice.schemas.fields import StrictModel, Text


class VoidRequest(StrictModel):
    """`reason`: why it is voided; the timeline and the history show it."""

    reason: Annotated[str, Text(300)] = ""
