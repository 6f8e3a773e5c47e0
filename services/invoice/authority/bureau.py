"""Connector to the sandbox bureau over HTTP; a real authority's connector offers the same port."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from services.invoice.domain.authority import (
    AuthorityUnavailable,
    DaySummary,
    NumberRange,
    Outcome,
    QuotaGrant,
    Upload,
    Verdict,
)
from services.invoice.domain.encoding import encode
from services.invoice.domain.invoice import AuthorityError, NumberChannel
from services.invoice.domain.kinds import InvoiceKind


class _Rejection(Struct, frozen=True):
    code: str = "unknown"
    text: str = ""
    text_zh: str = ""
    retryable: bool = False


class _Item(Struct, frozen=True):
    status: str
    state: str
    number: str | None = None
    code: str | None = None
    issued_at: datetime | None = None
    error: _Rejection | None = None


class _Items(Struct, frozen=True):
    items: list[_Item]


class _Block(Struct, frozen=True):
    first: str
    last: str
    code: str | None = None


class _Quota(Struct, frozen=True):
    total: Decimal
    used: Decimal
    suspended: bool


class BureauConnector:
    """Speaks the bureau's batch calls; any transport failure makes every outcome of the call unknown."""

    def __init__(self, http: aiohttp.ClientSession, url: str, timeout_seconds: float) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds)

    async def submit(self, uploads: Sequence[Upload]) -> list[Outcome]:
        body = {"invoices": [_submission(upload) for upload in uploads]}
        return await self._outcomes("/v1/invoices/batch", body, uploads)

    async def ask(self, uploads: Sequence[Upload]) -> list[Outcome]:
        queries = [{"seller": u.invoice.seller.tax_id, "serial": u.serial} for u in uploads]
        return await self._outcomes("/v1/invoices/queries", {"invoices": queries}, uploads)

    async def allocate_numbers(self, seller: str, year: int, count: int, *, request_id: str) -> NumberRange:
        order = {"request_id": request_id, "seller": seller, "year": year, "count": count}
        block = await self._call("POST", "/v1/blocks", _Block, body=order)
        return NumberRange(block.first, block.last)

    async def allocate_stock(
        self, seller: str, kind: InvoiceKind, count: int, *, request_id: str
    ) -> NumberRange:
        order = {"request_id": request_id, "seller": seller, "kind": kind, "count": count}
        block = await self._call("POST", "/v1/stock", _Block, body=order)
        return NumberRange(block.first, block.last, block.code)

    async def get_quota(self, seller: str, period: str) -> QuotaGrant:
        query = {"seller": seller, "period": period}
        quota = await self._call("GET", "/v1/quota", _Quota, params=query)
        return QuotaGrant(quota.total, quota.suspended, quota.used)

    async def add_up_day(self, seller: str, day: date) -> DaySummary:
        query = {"seller": seller, "day": day.isoformat()}
        summary: DaySummary = await self._call("GET", "/v1/summaries", DaySummary, params=query)
        return summary

    async def _outcomes(self, path: str, body: object, uploads: Sequence[Upload]) -> list[Outcome]:
        count = len(uploads)
        try:
            items = (await self._call("POST", path, _Items, body=body)).items
        except AuthorityUnavailable as error:
            return [_unknown(str(error))] * count
        if len(items) != count:
            return [_unknown("the answer has another number of items")] * count
        return [_outcome(item) for item in items]

    async def _call(
        self,
        method: str,
        path: str,
        kind: type[Any],
        *,
        body: object = None,
        params: dict[str, str] | None = None,
    ) -> Any:
        data = None if body is None else encode(body)
        headers = {"content-type": "application/json"}
        try:
            async with self._http.request(
                method, self._url + path, data=data, params=params, headers=headers, timeout=self._timeout
            ) as response:
                content = await response.read()
                if response.status != 200:
                    raise AuthorityUnavailable(f"status {response.status}: {content[:200]!r}")
                return msgspec.json.decode(content, type=kind)
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError) as error:
            raise AuthorityUnavailable(repr(error)) from error


def _submission(upload: Upload) -> dict[str, object]:
    invoice = upload.invoice
    submission: dict[str, object] = {
        "channel": invoice.authority.channel,
        "seller": invoice.seller.tax_id,
        "serial": upload.serial,
        "kind": invoice.kind,
        "buyer": invoice.buyer,
        "lines": invoice.lines,
        "totals": invoice.totals,
        "drawer": invoice.drawer,
        "remarks": invoice.remarks,
    }
    if invoice.red is not None:
        red = invoice.red
        submission["red"] = {
            "blue_number": f"{red.blue_code or ''}{red.blue_number}",
            "confirmation_number": red.confirmation_number,
        }
    if invoice.authority.channel is NumberChannel.LOCAL_BLOCKS:
        submission |= {"number": invoice.number, "issue_date": invoice.issue_date}
    if invoice.code is not None:
        submission |= {"code": invoice.code, "check_code": invoice.check_code}
    return submission


def _outcome(item: _Item) -> Outcome:
    """A repeated serial is judged by the state it has, which is what a query would say.

    An invoice is not given up for a reason that can pass, such as the quota.
    """
    if item.status == "login_needed":
        return Outcome(Verdict.OPERATOR_NEEDED, error=_LOGIN_NEEDED)
    if item.status == "unanswered":
        return _unknown("it answered a part of the batch only")
    error = item.error and AuthorityError(item.error.code, item.error.text, item.error.text_zh)
    if item.status == "rejected" or item.state == "rejected":
        can_pass = item.error is not None and item.error.retryable
        verdict = Verdict.OPERATOR_NEEDED if can_pass else Verdict.REJECTED
        return Outcome(verdict, error=error or AuthorityError("unknown", "", ""))
    if item.state not in _VERDICTS:
        return _unknown(f"it speaks of a state {item.state!a}")
    verdict = _VERDICTS[item.state]
    if verdict is Verdict.ISSUED and not item.number:
        return _unknown("it names no number of an issued invoice")
    return Outcome(verdict, number=item.number, code=item.code, issued_at=item.issued_at)


def _unknown(reason: str) -> Outcome:
    detail = f"The authority did not answer: {reason}"[:500]
    return Outcome(Verdict.UNKNOWN, error=AuthorityError("no-answer", detail, "税务机关未答复，结果待查询。"))


_VERDICTS = {
    "issued": Verdict.ISSUED,
    "voided": Verdict.ISSUED,  # it had been issued before
    "pending": Verdict.PENDING,
    "not_found": Verdict.NOT_FOUND,
}
_LOGIN_NEEDED = AuthorityError(
    "login-needed", "An operator has to sign in at the authority.", "需要开票员登录电子税务局。"
)
