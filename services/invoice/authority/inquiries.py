"""Inquiries at the sandbox bureau over HTTP."""

from decimal import Decimal

from msgspec import Struct

from services.invoice.authority.bureau import BureauConnector
from services.invoice.domain.inquiries import (
    Claim,
    ClassCodes,
    Layout,
    Match,
    NotSupported,
    OperatorSession,
    Profile,
    UsableRates,
    Usage,
)


class _Session(Struct, frozen=True):
    status: OperatorSession


class _Usage(Struct, frozen=True):
    usage: Usage


class _Verification(Struct, frozen=True):
    result: Match


class _Layout(Struct, frozen=True):
    status: str


class InquiryConnector(BureauConnector):
    """The bureau makes no layout files and lends no quota."""

    async def get_operator_session(self, seller: str) -> OperatorSession | NotSupported:
        answer = await self._call("GET", "/v1/operator-session", _Session, params={"seller": seller})
        status: OperatorSession = answer.status
        return status

    async def get_profile(self, seller: str) -> Profile | NotSupported:
        profile: Profile = await self._call("GET", "/v1/profile", Profile, params={"seller": seller})
        return profile

    async def get_usable_rates(self, seller: str) -> UsableRates | NotSupported:
        rates: UsableRates = await self._call("GET", "/v1/rates", UsableRates, params={"seller": seller})
        return rates

    async def get_class_codes(self) -> ClassCodes | NotSupported:
        codes: ClassCodes = await self._call("GET", "/v1/class-codes", ClassCodes)
        return codes

    async def get_usage(self, number: str) -> Usage | NotSupported:
        answer = await self._call("GET", f"/v1/usage/{number}", _Usage)
        usage: Usage = answer.usage
        return usage

    async def verify(self, claim: Claim) -> Match | NotSupported:
        said = {name: getattr(claim, name) for name in claim.__struct_fields__}
        body = {name: value for name, value in said.items() if value is not None}
        answer = await self._call("POST", "/v1/verifications", _Verification, body=body)
        result: Match = answer.result
        return result

    async def fetch_layout(self, number: str, layout_format: str) -> Layout | NotSupported:
        path = f"/v1/layouts/{number}"
        answer = await self._call("GET", path, _Layout, params={"format": layout_format})
        return NotSupported("fetch_layout") if answer.status == "not_supported" else Layout()

    async def reserve_quota(self, seller: str, amount: Decimal, *, request_id: str) -> NotSupported:  # noqa: ARG002
        return NotSupported("reserve_quota")

    async def release_quota(self, seller: str, *, request_id: str) -> NotSupported:  # noqa: ARG002
        return NotSupported("release_quota")
