"""How printed pages look: compared with pictures that a person has seen.

`UPDATE_GOLDEN=1 pytest tests/unit/render/test_print_golden.py` draws them anew; look at them before committing.
"""

import os
from pathlib import Path

import pytest

from services.render.print.document import print_batch
from services.render.print.profiles import Offset, load_profiles
from services.render.print.ruler_page import draw_test_page
from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.poppler import picture_of
from tests.unit.render.samples import make_invoice, worked_invoices
from tests.unit.render.test_pdf_golden import FOLDER, TOLERANCE, decode_png, encode_png, worst_tile

pytestmark = pytest.mark.fast

PROFILES = load_profiles()
W10 = worked_invoices()["W10"]
KINDS = tax_control_invoices()


def printed(name: str) -> bytes:
    profile, _, what = name.partition("-")
    if what == "test":
        return draw_test_page(profile, Offset())  # type: ignore[arg-type] # one of ours
    invoices = {
        "plain": [W10],
        "pair": [W10, make_invoice()],
        "listed": [KINDS["listed"]],
        "paper": [KINDS["paper_ordinary"]],
        "passengers": [business_invoices()["passengers"]],
        "voided": [KINDS["voided"]],
    }[what]
    return print_batch(invoices, PROFILES[profile], Offset())  # type: ignore[index] # one of ours


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("native-plain", 1),
        ("a4-plain", 1),
        ("a5-plain", 1),
        ("a5-listed", 2),
        ("two_on_a4-pair", 1),
        ("form_241-plain", 1),
        ("form_241-paper", 1),
        ("roll_80-plain", 1),
        ("roll_80-passengers", 1),
        ("roll_80-voided", 1),
        ("form_241-test", 1),
        ("roll_80-test", 1),
    ],
)
def test_golden_print_looks_as_before(name: str, page: int, tmp_path: Path) -> None:
    picture = picture_of(printed(name), tmp_path, page)
    path = FOLDER / f"print-{name}-{page}.png"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_bytes(encode_png(picture))
    assert worst_tile(picture, decode_png(path.read_bytes())) < TOLERANCE
