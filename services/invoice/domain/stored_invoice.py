"""An invoice together with what its answers do not show."""

from datetime import datetime

from msgspec import Struct

from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.invoice import Invoice
from services.invoice.domain.issue_invoice import Deliver


class StoredInvoice(Struct, frozen=True):
    """An invoice with what its answers do not show."""

    tenant: TenantId
    taxpayer_id: TaxpayerId
    actor: str
    created_at: datetime
    deliver: Deliver | None
    invoice: Invoice
