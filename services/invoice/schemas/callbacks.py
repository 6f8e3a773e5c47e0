"""What the authority tells us unasked."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from services.invoice.schemas.answers import AnswerModel
from services.invoice.schemas.fields import StrictModel


class AuthorityCallbackRequest(StrictModel):
    """`id` is the sender's, equal for repeats. `state` and `number` are not believed: the authority is asked."""

    model_config = ConfigDict(strict=True)

    id: Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]
    about: Literal["invoice", "red_form"]
    seller: Annotated[str, Field(pattern=r"^[0-9A-Z]{15,20}$", examples=["91420100MA4K00002Y"])]
    serial: Annotated[str, Field(pattern=r"^[!-~]{1,128}$")]
    state: Annotated[str, Field(max_length=32)] | None = None
    number: Annotated[str, Field(max_length=20)] | None = None


class AuthorityCallbackResponse(AnswerModel):
    """The same for every callback, whatever it is about."""

    received: Literal[True]
