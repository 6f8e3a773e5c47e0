"""A preview (试算): the documents that an invoice would have, with the mark that it was only tried.

Nothing of it is kept. It has no number, so that no verification finds an invoice for it.
"""

from datetime import datetime
from typing import Any, Literal

from libs.common.clock import shanghai_day
from services.render.drawing import DRAWERS
from services.render.page.errors import Undrawable
from services.render.preview.draft import read_draft
from services.render.preview.errors import InvoiceUndrawable
from services.render.print.document import print_invoice
from services.render.print.profiles import Offset, ProfileName, load_profiles

PreviewFormat = Literal["pdf", "ofd", "xml"]

QR_TEXT = "试算，并非发票 DRY RUN"  # who scans the page is told so


def draw_preview(
    content: bytes, file_format: PreviewFormat, profile: ProfileName | None, *, now: datetime
) -> bytes:
    """From a dry run's answer as if it were issued `now`; with a profile, the PDF on its paper.

    Raises what `read_draft` raises, and InvoiceUndrawable.
    """
    invoice = read_draft(content) | _stand_in(now)
    try:
        if profile:
            return print_invoice(invoice, load_profiles()[profile], Offset())
        return DRAWERS[file_format](invoice)
    except Undrawable as error:
        raise InvoiceUndrawable(error.reason, detail_zh=error.reason_zh) from error


def _stand_in(now: datetime) -> dict[str, Any]:
    """For what only an issued invoice has."""
    return {
        "number": "",
        "issue_date": shanghai_day(now),
        "issued_at": now,
        "qr_text": QR_TEXT,
        "mark": "dry_run",
    }
