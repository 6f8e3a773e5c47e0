"""Rows of the invoice views, for tests that fill them directly."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from libs.common.ids import TenantId
from services.invoice.store.view import ViewRow


def make_view_row(tenant: TenantId, at: datetime, number: str, **changes: Any) -> ViewRow:
    """An invoice issued `at` that moment; `changes` replace columns."""
    values: dict[str, Any] = {
        "tenant": tenant,
        "id": uuid4(),
        "sort_at": at,
        "issued_at": at,
        "issue_date": at.date(),
        "kind": "digital_ordinary",
        "code": None,
        "number": number,
        "reference": f"view-{number}",
        "status": "issued",
        "authority_state": "confirmed",
        "buyer_name": "杭州青禾软件有限公司",
        "buyer_tax_id": "",
        "seller_name": "武汉晴川数码科技有限公司",
        "amount": Decimal("1.00"),
        "tax": Decimal("0.00"),
        "amount_with_tax": Decimal("1.00"),
        "tags": (),
        "search_text": "杭州青禾软件有限公司",
        "status_updated_at": at,
        "expected_final_by": at,
    }
    return ViewRow(**(values | changes))
