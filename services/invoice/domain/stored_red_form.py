"""A red-letter form together with what its answers do not show."""

from enum import StrEnum

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.issue_invoice import IssueInvoice
from services.invoice.domain.red_form import RedForm


class Task(StrEnum):
    """What the bureau is still to be told about a form."""

    APPLY = "apply"
    CONFIRM = "confirm"
    REJECT = "reject"
    REVOKE = "revoke"


class StoredRedForm(Struct, frozen=True, kw_only=True):
    """`replacement`: the invoice to be issued together with the red one; `request_key` is equal for repeats."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    actor: str
    correlation: Correlation
    request_key: str
    form: RedForm
    replacement: IssueInvoice | None = None
    task: Task | None = Task.APPLY
    attempts: int = 0
