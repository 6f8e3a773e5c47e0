"""An invoice together with what its answers do not show."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.invoice import Invoice
from services.invoice.domain.issue_invoice import Deliver


class StoredInvoice(Struct, frozen=True):
    """`quota_amount`: what a red invoice takes of the quota of its month, negative or 0; others take their amount."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    actor: str
    created_at: datetime
    deliver: Deliver | None
    invoice: Invoice
    quota_amount: Decimal | None = None
