"""Drawing a batch: one bad document hurts no other, and a batch of long ones ends in time."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from services.render.drawing import DRAWERS, draw_documents
from services.render.page.errors import MissingGlyph
from services.render.pdf.document import render_pdf
from tests.unit.render.samples import make_invoice, make_line
from tests.unit.render_service.make import make_pending

pytestmark = pytest.mark.fast


def _draw(invoice: Mapping[str, Any]) -> bytes:
    match invoice["text"]:
        case "missing":
            raise MissingGlyph("\U0001f600")
        case "broken":
            raise ZeroDivisionError
        case "away":
            raise FileNotFoundError
        case text:
            return str(text).encode()


def test_drawing_one_bad_document_leaves_its_mates_drawn() -> None:
    texts = ["one", "missing", "two", "broken", "three"]
    documents = [make_pending(n, body={"text": text}) for n, text in enumerate(texts)]
    drawing = draw_documents(documents, {"pdf": _draw}, seconds=60)
    assert [pack.content for pack in drawing.packs] == [b"onetwothree"]
    assert [document.key.invoice.int for document, _ in drawing.failed] == [1, 3]
    [missing, broken] = [failure for _, failure in drawing.failed]
    assert "U+1F600" in missing.reason
    assert "U+1F600" in missing.reason_zh
    assert broken.reason == "Drawing failed unexpectedly (ZeroDivisionError)."
    assert drawing.undrawn == []


def test_drawing_what_a_format_cannot_say_is_no_alarm() -> None:
    key = make_pending(body=make_invoice(make_line(tax="999.00")))
    asked = dataclasses.replace(key, key=key.key._replace(format="ubl"))
    [(_, refused)] = draw_documents([asked], DRAWERS, seconds=60).failed
    [(_, missing)] = draw_documents(
        [make_pending(body={"text": "missing"})], {"pdf": _draw}, seconds=60
    ).failed
    assert (refused.is_alarming, missing.is_alarming) == (False, True)
    assert "EN 16931" in refused.reason_zh


def test_drawing_time_is_over_gives_the_rest_back() -> None:
    documents = [make_pending(n, body={"text": "x"}) for n in range(3)]
    drawing = draw_documents(documents, {"pdf": _draw}, seconds=-1)
    assert [pack.content for pack in drawing.packs] == [b"x"]
    assert drawing.undrawn == documents[1:]


def test_drawing_environment_fails_blames_no_document() -> None:
    with pytest.raises(FileNotFoundError):
        draw_documents([make_pending(body={"text": "away"})], {"pdf": _draw}, seconds=60)


def test_drawing_marked_version_draws_the_mark() -> None:
    invoice = make_invoice()
    marked = dataclasses.replace(make_pending(body=invoice), mark="voided")
    drawing = draw_documents([marked], DRAWERS, seconds=60)
    assert [pack.content for pack in drawing.packs] == [render_pdf(invoice | {"mark": "voided"})]


def test_drawing_real_invoice_gives_the_writers_bytes() -> None:
    invoice = make_invoice()
    drawing = draw_documents([make_pending(body=invoice)], DRAWERS, seconds=60)
    assert [pack.content for pack in drawing.packs] == [render_pdf(invoice)]
