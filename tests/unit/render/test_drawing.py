"""Drawing of a claimed batch: all formats of an invoice from one decoded document, the XML first."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from libs.common.context import new_correlation
from libs.common.ids import InvoiceId, TenantId, new_id
from services.render.domain import FORMATS, DocumentKey, PendingDocument, build_packs
from services.render.drawing import DRAWERS, draw_documents
from tests.unit.render.samples import make_invoice

pytestmark = pytest.mark.fast

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def _pending(
    invoice: dict[str, Any], file_format: str, tenant: TenantId, mark: str | None
) -> PendingDocument:
    key = DocumentKey(tenant, InvoiceId(new_id()), file_format, 1)
    body = msgspec.json.encode(invoice)
    return PendingDocument(key, "1", "SO-1", NOW, new_correlation(), body, NOW, mark)


def _together(mark: str | None, formats: tuple[str, ...] = FORMATS) -> list[PendingDocument]:
    first = _pending(make_invoice(), "xml", TenantId(new_id()), mark)
    return [
        PendingDocument(
            first.key._replace(format=name), "1", "SO-1", NOW, first.correlation, first.body, NOW, mark
        )
        for name in formats
    ]


def _contents(documents: list[PendingDocument]) -> dict[str, bytes]:
    [pack] = draw_documents(documents, DRAWERS, seconds=60).packs
    return {
        part.document.key.format: pack.content[part.offset : part.offset + part.length] for part in pack.parts
    }


@pytest.mark.parametrize("mark", [None, "voided"])
def test_format_drawn_with_the_others_is_as_when_drawn_alone(mark: str | None) -> None:
    together = _contents(_together(mark, tuple(DRAWERS)))
    assert together.keys() == DRAWERS.keys()
    for name, content in together.items():
        assert _contents(_together(mark, (name,))) == {name: content}


def test_batch_out_of_time_stops_between_invoices() -> None:
    first, second = _together(None), _together(None)
    drawing = draw_documents(first + second, DRAWERS, seconds=0)
    assert len(drawing.packs[0].parts) == len(FORMATS)
    assert {one.key.invoice for one in drawing.undrawn} == {max(first[0].key[:2], second[0].key[:2])[1]}


def test_packs_are_one_a_tenant_and_month() -> None:
    """Nothing to be drawn makes none."""
    assert build_packs([]) == []
    assert len(draw_documents(_together(None) + _together(None), DRAWERS, seconds=60).packs) == 2
