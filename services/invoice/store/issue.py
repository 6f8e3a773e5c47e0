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
SAVE_ISSUES = """
with new as materialized (
  select *
  from unnest(
    $1::uuid[], $2::uuid[], $3::timestamptz[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::date[], $13::timestamptz[], $14::numeric[], $15::numeric[], $16::numeric[],
    $17::text[], $18::text[], $19::bigint[], $20::text[], $21::timestamptz[], $22::text[], $23::text[], $24::text[],
    $25::uuid[], $26::smallint[], $27::text[], $28::text[], $29::bytea[], $30::text[], $31::text[], $32::smallint[],
    $33::text[], $34::bytea[], $35::text[], $36::text[], $37::text[]
  ) as n (
    tenant_id, id, created_at, taxpayer_id, kind, number, reference, status, reversal, channel, authority_state,
    issue_date, issued_at, amount, tax, amount_with_tax, content, fingerprint, version, actor, expected_final_by,
    serial, request_id, traceparent, event_id, shard, topic, type, payload, route, key, answer_status,
    answer_headers, answer_body, rule_pack, duplicate_key, code
  )
),
invoice as (
  insert into invoices (
    tenant_id, id, taxpayer_id, kind, number, reference, status, reversal, channel, authority_state,
    authority_updated_at, issue_date, issued_at, amount, tax, amount_with_tax, content, fingerprint, version, actor,
    status_updated_at, expected_final_by, created_at, rule_pack, duplicate_key, code
  )
  select tenant_id, id, taxpayer_id, kind, number, reference, status, reversal, channel, authority_state,
    created_at, issue_date, issued_at, amount, tax, amount_with_tax, content::jsonb, fingerprint, version, actor,
    created_at, expected_final_by, created_at, rule_pack, duplicate_key, code
  from new
),
submission as (
  insert into submissions (tenant_id, invoice_id, taxpayer_id, serial, request_id, traceparent, next_attempt_at)
  select tenant_id, id, taxpayer_id, serial, request_id, traceparent, created_at
  from new
),
backlog as (
  insert into view_backlog (tenant_id, invoice_id, changed_at)
  select tenant_id, id, created_at
  from new
),
sequence as (
  insert into event_sequences (tenant_id, subject, last_sequence)
  select tenant_id, id, 1
  from new
),
event as (
  insert into outbox (
    tenant_id, id, shard, topic, subject, sequence, type, time, correlation_id, traceparent, payload
  )
  select tenant_id, event_id, shard, topic, id, 1, type, created_at, request_id, traceparent, payload
  from new
)
update idempotency_keys k
set status = n.answer_status, headers = n.answer_headers::jsonb, body = n.answer_body
from new n
where k.tenant_id = n.tenant_id and k.route = n.route and k.key = n.key
"""


class Issue(Struct, frozen=True):
    """An invoice about to be kept, with the event that announces it and the answer to its request."""

    stored: StoredInvoice
    serial: str
    event: Contract
    correlation: Correlation
    key: IdempotentRequest
    answer: Answer | None
    duplicate_key: str | None = None


async def save_issues(tx: Tx, issues: Sequence[Issue]) -> None:
    """Keep them in one statement; raises DuplicateReference or DuplicateInvoice, without saying which."""
    duplicate = DuplicateInvoice(duplicate_key=issues[-1].duplicate_key)
    with constraint_problems(invoices_reference_key=DuplicateReference(), invoices_duplicate_key=duplicate):
        await tx.execute(SAVE_ISSUES, *map(list, zip(*map(_row, issues), strict=True)))


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
        *(issue.answer or (None, None, None)),
        invoice.rule_pack,
        issue.duplicate_key,
        invoice.code,
    )


def _event_columns(issue: Issue) -> tuple[object, ...]:
    kind = issue.event.TYPE
    subject = issue.stored.invoice.id
    return (new_id(), shard_of(subject), topic_of(kind), kind, encode_payload(issue.event))
