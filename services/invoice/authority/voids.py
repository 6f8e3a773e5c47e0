"""Voids at the sandbox bureau over HTTP."""

from msgspec import Struct

from services.invoice.authority.bureau import BureauConnector
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.invoice import AuthorityError
from services.invoice.domain.void_authority import VoidOrder, VoidOutcome


class _Refusal(Struct, frozen=True):
    code: str
    text: str
    text_zh: str


class _Answer(Struct, frozen=True):
    """`status`: voided, or refused with an error."""

    status: str
    error: _Refusal | None = None


class VoidConnector(BureauConnector):
    """The bureau's call for voids."""

    async def void(self, order: VoidOrder) -> VoidOutcome:
        answer: _Answer = await self._call("POST", "/v1/voids", _Answer, body=order)
        if answer.status == "voided":
            return VoidOutcome()
        if answer.error is None:
            raise AuthorityUnavailable(f"a void is answered with {answer.status!r}")
        return VoidOutcome(AuthorityError(answer.error.code, answer.error.text, answer.error.text_zh))
