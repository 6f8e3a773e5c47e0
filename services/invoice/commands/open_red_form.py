"""Start a red-letter form: work out what it takes of the blue invoice and hold that from now on."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.db import Tx
from libs.common.ids import InvoiceId, TenantId
from services.invoice.domain.issue_invoice import IssueInvoice
from services.invoice.domain.red_form import Initiator, RedForm, RedFormState
from services.invoice.domain.red_invoice import check_reversible
from services.invoice.domain.red_pricing import RedLineRequest, add_up_red, list_rests, price_red_lines
from services.invoice.domain.red_reasons import RedReason
from services.invoice.domain.rules import RulePack
from services.invoice.domain.stored_red_form import StoredRedForm
from services.invoice.domain.voiding import refuse_while_voiding
from services.invoice.errors import InvoiceNotFound
from services.invoice.store.invoice import load_invoices_locked
from services.invoice.store.red_form import find_requested, insert_red_form, load_taken_lines
from services.invoice.store.void import find_open_void


class Replacement(Struct, frozen=True):
    """The invoice to be issued in the place of the one that is taken back, and its id."""

    invoice_id: InvoiceId
    command: IssueInvoice


class OpenRedForm(Struct, frozen=True, kw_only=True):
    """`lines` None takes all that is left. `request_key` is the same whenever this request is repeated."""

    tenant: TenantId
    actor: str
    form_id: UUID
    invoice_id: InvoiceId
    reason: RedReason
    lines: Sequence[RedLineRequest] | None = None
    remarks: str = ""
    drawer: str = ""
    replacement: Replacement | None = None
    request_key: str
    correlation: Correlation


async def open_red_form(tx: Tx, command: OpenRedForm, *, rules: RulePack, now: datetime) -> StoredRedForm:
    """The form, to be told to the bureau; until its word, nobody's confirmation is thought necessary.

    Raises InvoiceNotFound, InvoiceNotReversible, NothingLeftToReverse, Invalid. Locks the blue invoice.
    """
    found = await load_invoices_locked(tx, [(command.tenant, command.invoice_id)])
    blue = found.get(command.invoice_id)
    if blue is None:
        raise InvoiceNotFound
    earlier = await find_requested(tx, command.tenant, command.request_key)
    if earlier is not None:
        return earlier
    check_reversible(blue.invoice)
    if await find_open_void(tx, command.tenant, command.invoice_id) is not None:
        raise refuse_while_voiding(blue.invoice)
    taken = await load_taken_lines(tx, command.tenant, command.invoice_id)
    rests = list_rests(blue.invoice, taken)
    replacement = command.replacement
    lines = price_red_lines(rests, command.reason, command.lines, rules)
    form = RedForm(
        id=command.form_id,
        state=RedFormState.READY,
        initiator=Initiator.SELLER,
        invoice_id=command.invoice_id,
        invoice_number=f"{blue.invoice.code or ''}{blue.invoice.number}",
        reason=command.reason,
        lines=lines,
        totals=add_up_red(lines),
        remarks=command.remarks,
        drawer=command.drawer,
        replacement_id=replacement.invoice_id if replacement else None,
        created_at=now,
        updated_at=now,
    )
    stored = StoredRedForm(
        tenant=command.tenant,
        taxpayer_id=blue.taxpayer_id,
        actor=command.actor,
        correlation=command.correlation,
        request_key=command.request_key,
        form=form,
        replacement=replacement.command if replacement else None,
    )
    await insert_red_form(tx, stored)
    return stored
