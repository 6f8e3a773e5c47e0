"""The invoice: a frozen value whose JSON form (`encoding.py`) is the invoice of the public answers."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from libs.common.ids import InvoiceId
from services.invoice.domain.documents import Document
from services.invoice.domain.figures import PlainDecimal
from services.invoice.domain.kinds import InvoiceKind
from services.invoice.domain.parties import Buyer, PrintFlags, Seller
from services.invoice.domain.rules import Policy, ZeroRate


class Status(StrEnum):
    """`pending`: accepted, no number yet."""

    DRAFT = "draft"
    PENDING = "pending"
    ISSUED = "issued"
    REJECTED = "rejected"
    VOIDED = "voided"


class AuthorityState(StrEnum):
    """How far the tax authority is with the invoice; an unknown outcome is asked for, never sent anew."""

    NOT_SUBMITTED = "not_submitted"
    SUBMITTED = "submitted"
    OUTCOME_UNKNOWN = "outcome_unknown"
    WAITING_OPERATOR = "waiting_operator"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


class Reversal(StrEnum):
    """How much of a blue invoice red ones have taken back."""

    NONE = "none"
    PARTIAL = "partial"
    FULL = "full"


class NumberChannel(StrEnum):
    """Who gives the number: a block allocated in advance, or the authority when it accepts the invoice."""

    LOCAL_BLOCKS = "local_blocks"
    ASSIGNED_ON_ISSUE = "assigned_on_issue"


class Nature(StrEnum):
    """发票行性质; a discount line stands directly after its discounted line."""

    NORMAL = "normal"
    DISCOUNTED = "discounted"
    DISCOUNT = "discount"


class AuthorityError(Struct, frozen=True):
    """What the authority or the way to it answered last."""

    code: str
    detail: str
    detail_zh: str


class Authority(Struct, frozen=True):
    channel: NumberChannel
    state: AuthorityState
    updated_at: datetime
    last_error: AuthorityError | None = None


class InvoiceLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One printed line; `unit_price` and `amount` are without tax. The last fields are absent where they are None."""

    line_no: int
    nature: Nature
    name: str
    specification: str
    unit: str
    tax_class_code: str
    policy: Policy | None
    quantity: PlainDecimal | None
    unit_price: PlainDecimal | None
    amount: Decimal
    tax_rate: Decimal
    tax: Decimal
    amount_with_tax: Decimal
    printed_rate: str
    printed_tax: str
    zero_rate: ZeroRate | None = None
    deduction: Decimal | None = None
    blue_line_no: int | None = None


class Totals(Struct, frozen=True):
    """Plain sums of the lines, and the words of the sum with tax."""

    amount: Decimal
    tax: Decimal
    amount_with_tax: Decimal
    amount_with_tax_words: str


class Note(Struct, frozen=True):
    text: str
    author: str
    created_at: datetime


class Red(Struct, frozen=True, omit_defaults=True):
    """What a red invoice takes back and by which confirmation form; a blue invoice without a code has none here."""

    blue_id: InvoiceId
    blue_number: str
    form_id: UUID
    confirmation_number: str
    reason: str
    blue_code: str | None = None


class Voiding(Struct, frozen=True):
    """A void that the authority has not decided on yet; `reason` may be empty."""

    requested_at: datetime
    reason: str


class Invoice(Struct, frozen=True, kw_only=True):
    """An invoice of any status. Fields that need the number are None until there is one.

    `version` counts the changes from 1; `expected_final_by` is the promise when the authority's word will be there;
    `code` stands beside a number of 8 digits, `check_code` on the ordinary ones of them.
    `fingerprint` is the same for invoices that say the same. `rule_pack` names the rules it was judged by.
    """

    id: InvoiceId
    kind: InvoiceKind
    number: str | None = None
    code: str | None = None
    check_code: str | None = None
    status: Status
    reversal: Reversal = Reversal.NONE
    issue_date: date | None = None
    issued_at: datetime | None = None
    authority: Authority
    status_updated_at: datetime
    expected_final_by: datetime | None = None
    version: int
    seller: Seller
    buyer: Buyer
    lines: tuple[InvoiceLine, ...]
    totals: Totals
    qr_text: str | None = None
    documents: tuple[Document, ...] = ()
    remarks: str
    drawer: str
    payee: str = ""
    reviewer: str = ""
    print: PrintFlags = PrintFlags()
    reference: str | None
    special_business: dict[str, object] | None = None
    tags: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    replaces: InvoiceId | None = None
    replaced_by: InvoiceId | None = None
    red: Red | None = None
    voiding: Voiding | None = None
    fingerprint: str
    rule_pack: str | None = None
