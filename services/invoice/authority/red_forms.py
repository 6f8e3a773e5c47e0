"""Red-letter forms at the sandbox bureau over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.log import get_logger
from services.invoice import metrics
from services.invoice.authority.bureau import BureauConnector
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.invoice import AuthorityError
from services.invoice.domain.red_authority import FormOutcome, FormUpload, ListedForm
from services.invoice.domain.red_form import RedFormState, RegisteredForm
from services.invoice.domain.red_pricing import ListedLine
from services.invoice.domain.red_reasons import REASONS, BureauReason, reason_of_bureau
from services.invoice.domain.stored_red_form import Task

log = get_logger(__name__)


class _Refusal(Struct, frozen=True):
    code: str
    text: str
    text_zh: str


class FormAnswer(Struct, frozen=True):
    """`status`: registered, refused, unknown_invoice or not_found; `initiator` and what follows come with the first."""

    status: str
    serial: str = ""
    initiator: str = ""
    number: str = ""
    state: str = ""
    uuid: str = ""
    confirmation_number: str = ""
    reason: str = ""
    lines: tuple[ListedLine, ...] = ()
    red_number: str | None = None
    issued_at: datetime | None = None
    error: _Refusal | None = None


class FormAnswers(Struct, frozen=True):
    items: list[FormAnswer]
    next_cursor: str | None = None


class RedFormConnector(BureauConnector):
    """The bureau's calls for forms."""

    async def apply_form(self, upload: FormUpload) -> FormOutcome:
        form = upload.form
        lines = [
            {
                "blue_line_no": line.blue_line_no,
                "amount": line.amount,
                "tax": line.tax,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
            }
            for line in form.lines
        ]
        order = {
            "seller": upload.seller,
            "serial": upload.serial,
            "number": form.invoice_number,
            "reason": REASONS[form.reason].bureau,
            "lines": lines,
            "totals": form.totals,
        }
        return _outcome(await self._call("POST", "/v1/red-forms", FormAnswer, body=order))

    async def tell_form(self, upload: FormUpload, task: Task) -> FormOutcome:
        order = {"seller": upload.seller, "serial": upload.serial, "action": task}
        return _outcome(await self._call("POST", "/v1/red-forms/actions", FormAnswer, body=order))

    async def ask_forms(self, uploads: Sequence[FormUpload]) -> list[FormOutcome]:
        body = {"forms": [{"seller": each.seller, "serial": each.serial} for each in uploads]}
        answers = await self._call("POST", "/v1/red-forms/queries", FormAnswers, body=body)
        if len(answers.items) != len(uploads):
            raise AuthorityUnavailable("the answer has another number of forms")
        return [_outcome(answer) for answer in answers.items]

    async def list_forms(self, seller: str, cursor: str) -> tuple[list[ListedForm], str | None]:
        params = {"seller": seller} | ({"cursor": cursor} if cursor else {})
        page = await self._call("GET", "/v1/red-forms", FormAnswers, params=params)
        found = [_listed(answer) for answer in page.items if answer.initiator == "buyer"]
        listed = [form for form in found if form is not None]
        return listed, page.next_cursor


def _registered(answer: FormAnswer) -> RegisteredForm:
    return RegisteredForm(
        RedFormState(answer.state),
        answer.confirmation_number,
        answer.uuid,
        answer.red_number,
        answer.issued_at,
    )


def _listed(answer: FormAnswer) -> ListedForm | None:
    """None of a form that cannot be understood: it holds up no other."""
    try:
        return ListedForm(
            UUID(hex=answer.serial).hex,
            answer.number,
            reason_of_bureau(BureauReason(answer.reason)),
            answer.lines,
            _registered(answer),
        )
    except (ValueError, KeyError) as error:
        _report(answer, error)
        return None


def _outcome(answer: FormAnswer) -> FormOutcome:
    """A word that cannot be understood is no answer: the form is asked for again."""
    if answer.status == "registered":
        try:
            return FormOutcome(_registered(answer))
        except ValueError as error:
            _report(answer, error)
            return FormOutcome()
    if answer.error is not None:
        return FormOutcome(error=AuthorityError(answer.error.code, answer.error.text, answer.error.text_zh))
    return FormOutcome()


def _report(answer: FormAnswer, error: Exception) -> None:
    metrics.ODD_FORMS.inc()
    log.error("red_form_not_understood", serial=answer.serial, number=answer.number, error=repr(error))
