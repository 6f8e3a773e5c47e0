"""The longest of everything that an invoice may hold is drawn, whole, on both forms; many lines cost little."""

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from services.render.pdf.document import render_pdf
from tests.unit.render.costs import compare_costs, repeat
from tests.unit.render.kind_samples import CO_BUYER, JOURNEY, TRANSPORT, make_tax_control
from tests.unit.render.pdf_reader import Pdf
from tests.unit.render.poppler import text_of
from tests.unit.render.samples import NUMBER, make_invoice, make_line

pytestmark = pytest.mark.fast
ROOT = Path(__file__).parents[3]

PARTY = {
    "name": "长" * 99 + "终",
    "tax_id": "9" * 20,
    "address": "址" * 149 + "终",
    "phone": "1" * 30,
    "bank_name": "行" * 99 + "终",
    "bank_account": "2" * 50,
}
LINE = make_line(
    "*" + "特" * 30 + "*" + "长" * 110 + "终",
    specification="规" * 39 + "终",
    unit="位" * 21 + "终",
    quantity="-123456789012.1234567890123",
    unit_price="123456789012.1234567890123",
    amount="-9999999999999999.99",
    printed_tax="-9999999999999999.99",
)
TOTALS = {
    "amount": "-9999999999999999.99",
    "tax": "-9999999999999999.99",
    "amount_with_tax": "-9999999999999999.99",
    "amount_with_tax_words": "（负数）玖仟玖佰玖拾玖万玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖圆玖角玖分",
}
ALL = {"seller_bank": True, "seller_address": True, "buyer_bank": True, "buyer_address": True}
NAME, NUMBER_OF_50 = "名" * 99 + "终", "号" * 49 + "终"
ESTATE = {
    "address": "址" * 149 + "终",
    "title_number": NUMBER_OF_50,
    "area_unit": "㎡" * 22,
    "is_cross_city": True,
}
PLACES = {"origin": NAME, "destination": NAME}
LONGEST: dict[str, dict[str, Any] | None] = {
    "none": None,
    "construction": {
        "type": "construction",
        "place": "省" * 59 + "-" + "市" * 60,
        "detailed_address": "址" * 149 + "终",
        "project_name": NAME,
        "is_cross_city": True,
        "management_number": NUMBER_OF_50,
        "land_tax_project_number": NUMBER_OF_50,
    },
    "sale": ESTATE
    | {
        "type": "real_estate_sale",
        "unit_code": NUMBER_OF_50,
        "land_tax_project_number": NUMBER_OF_50,
        "assessed_price": "1" * 16 + ".00",
        "actual_price": "1" * 16 + ".00",
        "co_buyers": [CO_BUYER | {"name": NAME, "document_number": NUMBER_OF_50}] * 100,
    },
    "lease": ESTATE
    | {
        "type": "real_estate_lease",
        "lease_from": "2026-11-24 08:30",
        "lease_to": "2026-11-24 18:30",
        "license_plate": "牌" * 20,
    },
    "freight": {
        "type": "freight",
        "rows": [TRANSPORT | PLACES | {"vehicle_number": NUMBER_OF_50, "goods": NAME}] * 3,
    },
    "passengers": {
        "type": "passenger_transport",
        "rows": [
            JOURNEY | PLACES | {"traveller": NAME, "document_number": NUMBER_OF_50, "seat_class": "级" * 20}
        ]
        * 3,
    },
}
MAKE: dict[str, Callable[..., dict[str, Any]]] = {"native": make_invoice, "tax_control": make_tax_control}


def make_longest(form: str, business: str, *, is_red: bool) -> dict[str, Any]:
    code = {"blue_code": "0" * 12} if form == "tax_control" else {}
    return MAKE[form](
        LINE,
        remarks="备" * (381 if is_red else 449) + "终",
        seller=PARTY,
        buyer=PARTY,
        print=ALL,
        payee="收" * 20,
        reviewer="复" * 20,
        drawer="开" * 20,
        special_business=LONGEST[business],
        red={"blue_number": NUMBER, "confirmation_number": "4" * 20, **code} if is_red else None,
        totals=TOTALS,
    )


@pytest.mark.parametrize("form", MAKE)
@pytest.mark.parametrize("business", LONGEST)
@pytest.mark.parametrize("is_red", [False, True])
def test_limits_the_longest_invoice_is_drawn_whole(
    form: str, business: str, is_red: bool, tmp_path: Path
) -> None:
    invoice = make_longest(form, business, is_red=is_red)
    text = "".join(text_of(render_pdf(invoice), tmp_path, "-raw").split())
    values = [*PARTY.values(), *TOTALS.values(), LINE["name"], LINE["unit"], LINE["specification"]]
    values += [LINE["quantity"], LINE["unit_price"], invoice["remarks"]]
    values += [
        value for value in (LONGEST[business] or {}).values() if isinstance(value, str) and "终" in value
    ]
    assert [value for value in values if value not in text] == []


@pytest.mark.parametrize("form", MAKE)
def test_limits_the_longest_invoice_stays_on_its_pages(form: str) -> None:
    for business in LONGEST:
        for item in Pdf(render_pdf(make_longest(form, business, is_red=True))).shown():
            assert item.x >= 4.5, item
            assert item.right <= 205.7, item
            assert item.y <= 265, item


@pytest.mark.parametrize("form", MAKE)
def test_limits_five_thousand_lines_cost_ten_times_five_hundred(form: str) -> None:
    long, short = (MAKE[form](*[make_line(line_no=n) for n in range(1, lines + 1)]) for lines in (5000, 500))
    assert sum(item.text == "*计算机外部设备*键盘" for item in Pdf(render_pdf(long)).shown()) == 5000
    assert compare_costs(partial(render_pdf, long), repeat(render_pdf, short, 10), rounds=3) < 4


def test_limits_five_thousand_lines_and_many_documents_stay_under_150_mb() -> None:
    script = (
        "import re; from services.render.pdf.document import render_pdf\n"
        "from tests.unit.render.samples import make_invoice, make_line\n"
        "render_pdf(make_invoice(*[make_line(line_no=n) for n in range(1, 5001)]))\n"
        "for n in range(0x4E00, 0x9E00, 40):\n"
        "    render_pdf(make_invoice(remarks=''.join(map(chr, range(n, n + 40)))))\n"
        "print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"
    )
    fresh = subprocess.run(
        [sys.executable, "-c", script], env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=True
    )
    assert int(fresh.stdout) < 150_000
