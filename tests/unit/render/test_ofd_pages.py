"""The pages of the OFD are those of the PDF: the same characters at the same places; its tags name what they show."""

from typing import Any
from xml.etree import ElementTree

import pytest

from services.render.ofd.document import render_ofd
from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from tests.unit.render.kind_samples import make_tax_control
from tests.unit.render.ofd_reader import OFD, Ofd
from tests.unit.render.pdf_reader import Pdf
from tests.unit.render.samples import make_invoice, make_line
from tests.unit.render.structured_samples import every_invoice

pytestmark = pytest.mark.fast
INVOICES = every_invoice()
MM_PER_POINT = 25.4 / 72
TENTH = 0.1
FP = "{http://www.edrm.org.cn/schema/e-invoice/2019}"


@pytest.mark.parametrize("name", INVOICES)
def test_pages_show_what_the_pdf_shows_at_the_same_places(name: str) -> None:
    ofd = Ofd(render_ofd(INVOICES[name]))
    theirs = sorted(
        (text.page, text.text, text.x, text.y, text.size) for text in shown(ofd) if text.text.strip()
    )
    pdf = Pdf(render_pdf(INVOICES[name])).shown()
    ours = sorted(
        (text.page, text.text, text.x, text.y, text.size * MM_PER_POINT) for text in pdf if text.text.strip()
    )
    assert [text[:2] for text in theirs] == [text[:2] for text in ours]
    for mine, other in zip(theirs, ours, strict=True):
        assert mine[2:] == pytest.approx(other[2:], abs=TENTH), mine[1]


def shown(ofd: Ofd) -> list[Any]:
    return [*ofd.labels(), *ofd.values()]


def test_pages_have_the_size_and_form_of_their_layout() -> None:
    pages = Ofd(render_ofd(INVOICES["tax_control_listed"])).pages()
    sizes = [page.findtext(f"{OFD}Area/{OFD}PhysicalBox") for page in pages]
    assert sizes == ["0 0 210 140", *["0 0 210 297"] * 3]


def test_pages_first_bears_subtotal_and_last_the_total() -> None:
    ofd = Ofd(render_ofd(INVOICES["two_pages"]))
    first, last = ({text.text for text in ofd.labels() if text.page == page} for page in (1, 2))
    assert "小" in first
    assert "合" not in first
    assert "合" in last
    assert "小" not in last


def test_pages_template_serves_all_pages_before_the_last() -> None:
    ofd = Ofd(render_ofd(make_invoice(*(make_line(line_no=n) for n in range(1, 2001)))))
    templates = [page.find(f"{OFD}Template") for page in ofd.pages()]
    ids = [template.attrib["TemplateID"] for template in templates if template is not None]
    assert len(ids) == 250
    assert len(set(ids[:-1])) == 1
    assert ids[-1] != ids[0]
    assert len(ofd.document.findall(f"{OFD}CommonData/{OFD}TemplatePage")) == 2


def test_tags_lead_to_the_objects_that_show_the_fields() -> None:
    invoice = make_tax_control(
        make_line(line_no=1, specification="K-1"),
        make_line("*餐饮服务*餐费", line_no=2, unit="", quantity=None, unit_price=None),
        remarks="合同编号 HT-2026-77",
    )
    assert tagged(Ofd(render_ofd(invoice))) == [
        ("InvoiceCode", invoice["code"]),
        ("InvoiceNo", "00000001"),
        ("IssueDate", "2026年11月24日"),
        ("InvoiceCheckCode", invoice["check_code"]),
        ("BuyerName", "杭州青禾软件有限公司"),
        ("BuyerTaxID", "91420106MA4L123460"),
        ("BuyerAddrTel", "浙江省杭州市西湖区文三路一号 0571-00000000"),
        ("BuyerFinancialAccount", "示例银行杭州分行 6200000000000000001"),
        ("SellerName", "武汉晴川数码科技有限公司"),
        ("SellerTaxID", "91420100MA4K00002Y"),
        ("SellerAddrTel", "湖北省武汉市洪山区珞喻路千号 027-00000000"),
        ("SellerFinancialAccount", "示例银行武汉光谷支行 000012345678901"),
        ("TaxExclusiveTotalAmount", "1038.00"),
        ("TaxTotalAmount", "134.94"),
        ("TaxInclusiveTotalAmount", "1172.94"),
        ("Note", "合同编号 HT-2026-77"),
        ("InvoiceClerk", "张三"),
        ("Payee", "王五"),
        ("Checker", "李四"),
        ("Item", "*计算机外部设备*键盘"),
        ("Specification", "K-1"),
        ("MeasurementDimension", "个"),
        ("Quantity", "12"),
        ("Price", "86.5"),
        ("Amount", "1038.00"),
        ("TaxScheme", "13%"),
        ("TaxAmount", "134.94"),
        ("Item", "*餐饮服务*餐费"),
        ("Amount", "1038.00"),
        ("TaxScheme", "13%"),
        ("TaxAmount", "134.94"),
    ]


def test_tags_join_the_rows_of_a_value_and_count_every_line() -> None:
    invoice = INVOICES["tax_control_listed"]
    ofd = Ofd(render_ofd(invoice))
    items = [text for name, text in tagged(ofd) if name == "Item"]
    assert items == [line["name"] for line in invoice["lines"]]
    long = INVOICES["long_names"]
    assert dict(tagged(Ofd(render_ofd(long))))["BuyerName"] == long["buyer"]["name"]


def tagged(ofd: Ofd) -> list[tuple[str, str]]:
    """Every tag with the text of the objects to which it leads."""
    pages = [page.attrib["ID"] for page in ofd.document.findall(f"{OFD}Pages/{OFD}Page")]
    objects = {(pages[text.page - 1], text.id): text.text for text in ofd.values()}
    found = []
    for element in ofd.tags().iter():
        if references := element.findall(f"{OFD}ObjectRef"):
            texts = [objects[reference.attrib["PageRef"], reference.text or ""] for reference in references]
            found.append((element.tag.removeprefix(OFD), "".join(texts)))
    return found


@pytest.mark.parametrize("name", INVOICES)
def test_attachment_is_the_archived_xml(name: str) -> None:
    invoice = INVOICES[name]
    attachments = Ofd(render_ofd(invoice)).attachments()
    assert attachments["einvoice"] == render_xml(invoice)
    assert list(attachments) == (["original_invoice", "einvoice"] if invoice.get("code") else ["einvoice"])


def test_attachment_of_the_older_kinds_tells_what_their_readers_ask() -> None:
    root = ElementTree.fromstring(  # noqa: S314 - our own file
        Ofd(render_ofd(INVOICES["tax_control_red"])).attachments()["original_invoice"]
    )
    assert root.tag == "eInvoice"
    facts = {name: root.findtext(f".//{FP}{name}") for name in ("TypeCode", "InvoiceNo", "OriginalInvoiceNo")}
    assert facts == {"TypeCode": "1", "InvoiceNo": "00000001", "OriginalInvoiceNo": "00000009"}
    assert root.findtext(f"{FP}GraphCode") == INVOICES["tax_control_red"]["qr_text"]
    assert root.findtext(f"{FP}Buyer/{FP}BuyerAddrTel") == "浙江省杭州市西湖区文三路一号 0571-00000000"
    goods = root.find(f"{FP}GoodsInfos/{FP}GoodsInfo")
    assert goods is not None
    assert {element.tag.removeprefix(FP): element.text for element in goods} == {
        "LineNo": "1",
        "LineNature": "0",
        "Item": "*计算机外部设备*键盘",
        "Code": "1090511030000000000",
        "MeasurementDimension": "个",
        "Price": "86.5",
        "Quantity": "-12",
        "Amount": "-1038.00",
        "TaxScheme": "13%",
        "TaxAmount": "-134.94",
    }
    devices_alone = [f"{FP}MachineNo", f"{FP}TaxControlCode", f"{FP}Signature"]
    assert [root.find(name) for name in devices_alone] == [None, None, None]
