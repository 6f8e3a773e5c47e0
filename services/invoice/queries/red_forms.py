"""Red-letter forms as the public answers show them, one or a list with the newest first."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from libs.common.clock import rfc3339, utc_now
from libs.common.db import Pool, transaction
from libs.common.ids import TenantId
from libs.common.pagination import cut_page, decode_cursor
from services.invoice.domain.encoding import to_plain
from services.invoice.domain.red_form import NAMES, RedForm
from services.invoice.store.red_form import load_red_form, read_form

LIST_RED_FORMS = """
select tenant_id, taxpayer_id, actor, request_id, traceparent, request_key, replacement, task, attempts, id, state,
  initiator, invoice_id, invoice_number, reason, content, expires_at, confirmation_number, uuid, red_invoice_id,
  replacement_id, last_error, created_at, updated_at, version
from red_forms
where tenant_id = $1
  and ($2::uuid is null or invoice_id = $2)
  and ($3::text is null or state = $3)
  and ($4::timestamptz is null or (created_at, id) < ($4, $5::uuid))
order by created_at desc, id desc
limit $6
"""


class RedFormPage(Struct, frozen=True):
    items: list[dict[str, Any]]
    next_cursor: str | None
    as_of: str


def present_form(form: RedForm) -> dict[str, Any]:
    """The form with its state's name, official and in English."""
    fields: dict[str, Any] = to_plain(form)
    name, name_en = NAMES[form.state]
    return {
        "id": fields.pop("id"),
        "state": fields.pop("state"),
        "state_name": name,
        "state_name_en": name_en,
    } | fields


async def get_red_form(pool: Pool, tenant: TenantId, form_id: UUID) -> RedForm:
    """Raises RedFormNotFound."""
    async with transaction(pool, tenant) as tx:
        return (await load_red_form(tx, tenant, form_id)).form


async def list_red_forms(
    pool: Pool,
    tenant: TenantId,
    *,
    invoice_id: UUID | None,
    state: str | None,
    limit: int,
    cursor: str | None,
) -> RedFormPage:
    """Raises Invalid for a forged cursor."""
    after, after_id = decode_cursor(cursor, tuple[datetime, UUID]) if cursor else (None, None)
    async with transaction(pool, tenant) as tx:
        rows = await tx.fetch(LIST_RED_FORMS, tenant, invoice_id, state, after, after_id, limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row["created_at"], row["id"]))
    return RedFormPage([present_form(read_form(row)) for row in page], next_cursor, rfc3339(utc_now()))
