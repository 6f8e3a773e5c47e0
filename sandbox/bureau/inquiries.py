"""What can be asked besides invoices and forms: who a seller is, which rates and codes hold, what an invoice says."""

from datetime import date, datetime
from sqlite3 import Connection
from typing import Annotated, Any, Literal

from aiohttp import web
from msgspec import Meta

from sandbox.bureau.api import deliver, take_read_fault
from sandbox.bureau.clock import CHINA, Moment
from sandbox.bureau.faults import READ_MODES
from sandbox.bureau.reference import CLASS_CODES, RATES, TAXPAYER_KIND, VERSION
from sandbox.bureau.schemas import Money, Request, SellerQuery
from sandbox.bureau.store.clock import load_moment
from sandbox.bureau.store.invoices import load_issued
from sandbox.bureau.store.red_forms import load_content
from sandbox.serving.application import DATABASE, json_response, read_body, read_query


class LayoutQuery(Request, frozen=True):
    """One file of an invoice."""

    format: Literal["pdf", "ofd", "xml"]


class Verification(Request, frozen=True):
    """What somebody reads on an invoice. `amount`: with tax, on special ones of stock without; ordinary ones of stock
    are checked by `check6`, the end of their check code.
    """

    number: Annotated[str, Meta(pattern=r"^[0-9]{8}([0-9]{12})?\Z")]
    date: date
    code: Annotated[str, Meta(pattern=r"^[0-9]{10}([0-9]{2})?\Z")] | None = None
    amount: Money | None = None
    check6: Annotated[str, Meta(pattern=r"^[0-9]{6}\Z")] | None = None


async def get_profile(request: web.Request) -> web.Response:
    """Every seller is a general taxpayer here."""
    query = read_query(request, SellerQuery)
    mode = await take_read_fault(request, query.seller, READ_MODES)
    answer = {"seller": query.seller, "taxpayer_kind": TAXPAYER_KIND, "version": VERSION}
    return await deliver(request, mode, answer)


async def get_rates(request: web.Request) -> web.Response:
    """The rates that the seller may use."""
    query = read_query(request, SellerQuery)
    mode = await take_read_fault(request, query.seller, READ_MODES)
    return await deliver(request, mode, {"seller": query.seller, "rates": RATES, "version": VERSION})


async def get_class_codes(_: web.Request) -> web.Response:
    """A few of the classification's leaves."""
    items = [{"code": code, "short_name": name} for code, name in CLASS_CODES.items()]
    return json_response({"items": items, "version": VERSION})


async def get_layout(request: web.Request) -> web.Response:
    """The bureau makes no layout files; of an invoice that is pending it does not say so yet."""
    number = request.match_info["number"]
    wanted = read_query(request, LayoutQuery)

    def find(tx: Connection) -> str:
        item = load_issued(tx, number)
        if item is None:
            return "not_found"
        return "pending" if item.state(load_moment(tx)) == "pending" else "not_supported"

    status = await request.app[DATABASE].read(find)
    return json_response({"number": number, "format": wanted.format, "status": status})


async def post_verification(request: web.Request) -> web.Response:
    """`match`, `mismatch`, or `none` for a number that nobody holds."""
    claim = await read_body(request, Verification)
    result = await request.app[DATABASE].read(lambda tx: verify(tx, claim, load_moment(tx)))
    return json_response({"number": claim.number, "code": claim.code, **result})


def verify(tx: Connection, claim: Verification, moment: Moment) -> dict[str, Any]:
    """An invoice that is not issued yet does not exist; a voided one is told as such."""
    number = f"{claim.code or ''}{claim.number}"
    item, found = load_issued(tx, number), load_content(tx, number)
    if item is None or found is None or item.issued_at is None or item.state(moment) == "pending":
        return {"result": "none", "state": None}
    _, invoice = found
    issued = datetime.fromisoformat(item.issued_at).astimezone(CHINA).date()
    day = invoice.get("issue_date") or issued.isoformat()
    is_true = day == claim.date.isoformat() and has_said(invoice, claim)
    return {"result": "match" if is_true else "mismatch", "state": item.state(moment)}


def has_said(invoice: dict[str, Any], claim: Verification) -> bool:
    """Whether the invoice says the one thing by which its kind is checked."""
    check_code, totals = invoice.get("check_code"), invoice["totals"]
    if claim.code is None:
        return bool(claim.amount == totals["amount_with_tax"])
    if check_code is None:
        return bool(claim.amount == totals["amount"])
    return bool(claim.check6 == check_code[-6:])


ROUTES = [
    web.get("/v1/profile", get_profile),
    web.get("/v1/rates", get_rates),
    web.get("/v1/class-codes", get_class_codes),
    web.get("/v1/layouts/{number}", get_layout),
    web.post("/v1/verifications", post_verification),
]
