"""Everything that an issue leaves behind, in one statement: five tables of two owners, for the sake of the hot path.

The tables of the foundation are written here as `libs.common.outbox` and `libs.common.idempotency` would write them.
"""

from collections.abc import Sequence

from msgspec import Struct

from libs.common.context import Correlation
from libs.common.contracts import Contract
from libs.common.db import Tx, constraint_problems
from libs.common.events import encode_payload, topic_of
from libs.common.idempotency import Answer, IdempotentRequest
from libs.common.ids import new_id
from libs.common.outbox import shard_of
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.errors import DuplicateInvoice, DuplicateReference
from services.invoice.store.invoice import encode_content

# The invoice, its business with the authority, the mark that the views lag, its first event, and the answer under the
# key that the same transaction has claimed (a dry run has claimed none).
SAVE_ISSUED = """
with invoice as (
  insert into invoices (
    tenant_id, id, taxpayer_id, kind, number, reference, status, reversal, channel, authority_state,
    authority_updated_at, issue_date, issued_at, amount, tax, amount_with_tax, content, fingerprint, version, actor,
    status_updated_at, expected_final_by, created_at, rule_pack, duplicate_key
  )
  values (
    $1, $2, $4, $5, $6, $7, $8, $9, $10, $11, $3, $12, $13, $14, $15, $16, $17, $18, $19, $20, $3, $21, $3, $35, $36
  )
),
submission as (
  insert into submissions (tenant_id, invoice_id, taxpayer_id, serial, request_id, traceparent, next_attempt_at)
  values ($1, $2, $4, $22, $23, $24, $3)
),
backlog as (
  insert into view_backlog (tenant_id, invoice_id, changed_at)
  values ($1, $2, $3)
),
sequence as (
  insert into event_sequences (tenant_id, subject, last_sequence)
  values ($1, $2, 1)
),
event as (
  insert into outbox (
    tenant_id, id, shard, topic, subject, sequence, type, time, correlation_id, traceparent, payload
  )
  values ($1, $25, $26, $27, $2, 1, $28, $3, $23, $24, $29)
)
update idempotency_keys
set status = $32, headers = $33, body = $34
where tenant_id = $1 and route = $30 and key = $31
"""


class Issue(Struct, frozen=True):
    """An invoice about to be kept, with the event that announces it and the answer to its request."""

    stored: StoredInvoice
    serial: str
    event: Contract
    correlation: Correlation
    key: IdempotentRequest
    answer: Answer
    duplicate_key: str | None = None


async def save_issues(tx: Tx, issues: Sequence[Issue]) -> None:
    """Keep them in one round trip; raises DuplicateReference or DuplicateInvoice, without saying which."""
    duplicate = DuplicateInvoice(duplicate_key=issues[-1].duplicate_key)
    with constraint_problems(invoices_reference_key=DuplicateReference(), invoices_duplicate_key=duplicate):
        await tx.executemany(SAVE_ISSUED, [_row(issue) for issue in issues])


def _row(issue: Issue) -> tuple[object, ...]:
    stored, invoice = issue.stored, issue.stored.invoice
    return (
        stored.tenant,
        invoice.id,
        stored.created_at,
        stored.taxpayer_id,
        invoice.kind,
        invoice.number,
        invoice.reference,
        invoice.status,
        invoice.reversal,
        invoice.authority.channel,
        invoice.authority.state,
        invoice.issue_date,
        invoice.issued_at,
        invoice.totals.amount,
        invoice.totals.tax,
        invoice.totals.amount_with_tax,
        encode_content(stored),
        invoice.fingerprint,
        invoice.version,
        stored.actor,
        invoice.expected_final_by,
        issue.serial,
        issue.correlation.id,
        issue.correlation.traceparent,
        *_event_columns(issue),
        issue.key.route,
        issue.key.key,
        *issue.answer,
        invoice.rule_pack,
        issue.duplicate_key,
    )


def _event_columns(issue: Issue) -> tuple[object, ...]:
    kind = issue.event.TYPE
    subject = issue.stored.invoice.id
    return (new_id(), shard_of(subject), topic_of(kind), kind, encode_payload(issue.event))
