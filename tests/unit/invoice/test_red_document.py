"""The event of a red invoice carries all that its page shows: negative sums, the blue number, the form's number."""

from uuid import UUID

import pytest
from msgspec.structs import replace

from libs.common.ids import TaxpayerId, TenantId
from services.invoice.domain.invoice import Red
from services.invoice.domain.red_pricing import add_up_red, print_red_remarks
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.events import build_document
from services.render.page.face import closing_values, read_face
from services.render.page.layout import load_layout
from services.render.page.remarks import set_remarks
from services.render.pdf.document import render_pdf
from tests.unit.invoice.making import NOW
from tests.unit.invoice.test_red_pricing import make_worked, quantity_of, take

pytestmark = pytest.mark.fast


def test_page_of_a_red_invoice_names_the_blue_one_and_is_negative() -> None:
    blue = make_worked("W01")
    lines = take(blue, (), quantity_of(1, "5"), quantity_of(3, "1"))
    red = replace(
        blue,
        number="26422000000000000002",
        lines=lines,
        totals=add_up_red(lines),
        remarks=print_red_remarks(blue, "202611240000000001", "退货"),
        red=Red(blue.id, blue.number or "", UUID(int=7), "202611240000000001", "goods_returned"),
    )
    stored = StoredInvoice(TenantId(UUID(int=1)), TaxpayerId(UUID(int=2)), "user:1", NOW, None, red)
    document = build_document(stored)
    face = read_face(document)
    values = closing_values(face)
    assert set_remarks(face, load_layout("native")).shown == (
        "被红冲蓝字数电发票号码：26422000000000000001 红字发票信息确认单编号：202611240000000001 退货"
    )
    assert (values["words"], values["amount_with_tax"]) == ("（负数）壹仟玖佰伍拾柒圆柒角贰分", "-1957.72")
    assert [(line.quantity, line.unit_price, line.amount) for line in face.lines] == [
        ("-5", "86.5", "-432.50"),
        ("-1", "1299.99", "-1299.99"),
    ]
    assert render_pdf(document).startswith(b"%PDF")
