"""What is asked for stands on the page: from the request through the published document to the PDF's text."""

import re
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from libs.common.contracts.invoice_document import InvoiceDocument, RedDocument
from libs.common.ids import InvoiceId, TaxpayerId, TenantId
from services.invoice.domain.invoice import Invoice, NumberChannel
from services.invoice.domain.kinds import QrCode
from services.invoice.domain.lifecycle import issue
from services.invoice.domain.numbering import Numbering
from services.invoice.domain.parties import Seller
from services.invoice.domain.red_invoice import draft_red_invoice
from services.invoice.domain.stored_invoice import StoredInvoice
from services.invoice.events import build_document
from services.render.pdf.document import render_pdf
from tests.helpers.tax_ids import make_tax_id
from tests.unit.invoice.making import DAY, NOW, make_draft, make_line, make_numbering
from tests.unit.invoice.test_invoice_special_business import (
    CONSTRUCTION,
    FREIGHT,
    LEASE,
    PARKING,
    PASSENGERS,
    SALE,
)
from tests.unit.invoice.test_red_form_states import make_form
from tests.unit.render.poppler import text_of

pytestmark = pytest.mark.fast
PARKING_LINE = make_line(name="停车费", tax_class_code="3040502020200000000", tax_rate="0.09", amount="10.00")
SELLER = Seller(
    "武汉晴川数码科技有限公司",
    make_tax_id(1),
    "湖北省武汉市珞喻路千号",
    "027-00000000",
    "示例银行",
    "000012345678901",
)
QR_KINDS = {
    "paper_special": "01",
    "paper_ordinary": "04",
    "tax_control_special": "20",
    "tax_control_ordinary": "10",
}


def issue_draft(draft: Invoice, numbering: Numbering | None = None) -> Invoice:
    return issue(replace(draft, seller=SELLER), numbering or make_numbering(), expected_final_by=NOW, now=NOW)


def document_of(invoice: Invoice) -> InvoiceDocument:
    """As it lies in Kafka and comes out again."""
    stored = StoredInvoice(TenantId(UUID(int=1)), TaxpayerId(UUID(int=2)), "user:1", NOW, None, invoice)
    return msgspec.json.decode(msgspec.json.encode(build_document(stored)), type=InvoiceDocument)


def printed(invoice: Invoice, folder: Path) -> str:
    return re.sub(r"\s", "", text_of(render_pdf(document_of(invoice)), folder, "-raw"))


def values_of(business: dict[str, Any]) -> list[str]:
    """Texts that are not codes."""
    rows = [business, *business.get("rows", [])]
    coded = {"type", "transport", "document_type"}
    return [
        value for row in rows for key, value in row.items() if isinstance(value, str) and key not in coded
    ]


@pytest.mark.parametrize("business", [CONSTRUCTION, FREIGHT, SALE, LEASE, PASSENGERS])
@pytest.mark.parametrize("kind", ["digital_ordinary", "tax_control_ordinary"])
def test_printed_business_tells_every_value(business: dict[str, Any], kind: str, tmp_path: Path) -> None:
    numbering = (
        None if kind == "digital_ordinary" else Numbering("00000001", DAY, QrCode("10"), "042002600111")
    )
    text = printed(issue_draft(make_draft(special_business=business, kind=kind), numbering), tmp_path)
    missing = [value for value in values_of(business) if re.sub(r"\s", "", value) not in text]
    assert missing == []


def test_printed_parking_tells_times_and_plate(tmp_path: Path) -> None:
    text = printed(issue_draft(make_draft(PARKING_LINE, special_business=PARKING)), tmp_path)
    assert "租赁期起止:2026-11-2408:00至2026-11-2419:30;车牌号:鄂A12345;" in text


def test_printed_address_of_work_in_another_city_stands_once(tmp_path: Path) -> None:
    for business, address in ((CONSTRUCTION, "湖北省-武汉市-洪山区珞喻路1号"), (SALE, SALE["address"])):
        text = printed(issue_draft(make_draft(special_business=business)), tmp_path)
        assert text.count(str(address)) == 1


def test_printed_business_is_published_as_it_was_given() -> None:
    for business in (CONSTRUCTION, FREIGHT, SALE, LEASE, PASSENGERS):
        document = document_of(issue_draft(make_draft(special_business=business)))
        assert msgspec.json.decode(msgspec.json.encode(document.special_business)) == business


def test_printed_bank_and_address_lines_are_those_that_were_asked_for(tmp_path: Path) -> None:
    asked = {"seller_bank": True, "seller_address": True}
    text = printed(issue_draft(make_draft(print=asked, payee="王五", reviewer="李四")), tmp_path)
    assert "销方开户银行:示例银行;银行账号:000012345678901;" in text
    assert "销方地址:湖北省武汉市珞喻路千号;电话:027-00000000;" in text
    assert "收款人:王五;复核人:李四;" in text
    assert "示例银行" not in printed(issue_draft(make_draft()), tmp_path)


@pytest.mark.parametrize("kind", QR_KINDS)
def test_printed_tax_control_invoice_shows_what_it_was_issued_with(kind: str, tmp_path: Path) -> None:
    numbering = Numbering("00000001", DAY, QrCode(QR_KINDS[kind]), "042002600111")
    invoice = issue_draft(make_draft(kind=kind, payee="王五", reviewer="李四"), numbering)
    text = printed(invoice, tmp_path)
    assert (
        f"发票代码：042002600111发票号码：00000001开票日期：2026年11月24日校验码：{invoice.check_code or ''}"
        in text
    )
    assert "示例银行000012345678901" in text
    assert "收款人：王五复核：李四开票人：" in text


def test_printed_red_tax_control_invoice_names_code_and_number_once(tmp_path: Path) -> None:
    code, lines = "042002600111", make_draft().lines
    asked = {"kind": "tax_control_ordinary", "payee": "王五", "reviewer": "李四"}
    blue = issue_draft(make_draft(**asked), Numbering("00000001", DAY, QrCode("10"), code))
    form = replace(
        make_form(),
        confirmation_number="202611240000000001",
        invoice_number=f"{code}00000001",
        lines=lines,
        remarks="退货",
    )
    draft = draft_red_invoice(InvoiceId(UUID(int=3)), blue, form, channel=NumberChannel.LOCAL_BLOCKS, now=NOW)
    red = issue_draft(draft, Numbering("00000002", DAY, QrCode("10"), code))
    assert document_of(red).red == RedDocument(
        blue_id=blue.id,
        blue_number="00000001",
        blue_code=code,
        form_id=form.id,
        confirmation_number="202611240000000001",
        reason="goods_returned",
    )
    text = printed(red, tmp_path)
    assert "对应正数发票代码:042002600111号码:00000001红字发票信息确认单编号：202611240000000001退货" in text
    assert text.count("对应正数发票") == 1
    assert "收款人：王五复核：李四" in text


def test_printed_red_invoice_repeats_the_bank_lines_of_the_blue_one(tmp_path: Path) -> None:
    blue = issue_draft(make_draft(print={"seller_bank": True}))
    form = replace(make_form(), confirmation_number="1", lines=blue.lines)
    draft = draft_red_invoice(InvoiceId(UUID(int=3)), blue, form, channel=NumberChannel.LOCAL_BLOCKS, now=NOW)
    red = issue_draft(draft, make_numbering("26422000000000000002"))
    assert "销方开户银行:示例银行;银行账号:000012345678901;" in printed(red, tmp_path)
