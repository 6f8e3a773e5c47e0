"""A real document with one value altered: exactly that field is named, in whichever format, and on whichever page."""

import io
import re
from typing import Any

import msgspec
import pypdfium2 as pdfium
import pytest

from services.render.ofd.document import render_ofd
from services.render.pdf.document import render_pdf
from services.render.structured.einvoice import render_xml
from services.render.structured.json_document import render_json
from services.render.structured.ubl import render_ubl
from services.render.verification.fields import APPEARANCE, PACKAGE, PAGE, name_field
from services.render.verification.readers import Claim, Difference, compare, read_claim
from services.render.verification.unreadable import Unreadable
from tests.unit.render.kind_samples import business_invoices, tax_control_invoices
from tests.unit.render.samples import BUYER, NUMBER, hard_invoices, make_invoice, make_line
from tests.unit.render_verification.altering import (
    add_part,
    alter_operators,
    alter_part,
    alter_pdf,
    append_content,
    hide_content,
    hide_part,
    resave,
)

pytestmark = pytest.mark.fast

INVOICE = make_invoice(
    make_line(),
    make_line(
        "*软件维护服务*年度服务",
        line_no=2,
        specification="M720",
        quantity="3",
        unit_price="10.25",
        amount="30.75",
        tax="4.00",
        printed_tax="4.00",
        amount_with_tax="34.75",
    ),
    remarks="合同编号 HT-2026-77",
)


def differ(
    file_format: str, content: bytes, original: bytes, invoice: dict[str, Any] = INVOICE
) -> list[tuple[str, str]]:
    [differences] = compare(file_format, content, [original], msgspec.json.encode(invoice))
    return [(each.pointer, each.where) for each in differences]


FACES = {
    "/number": (NUMBER, NUMBER[:-1] + "7"),
    "/issue_date": ("2026年11月24日", "2026年12月24日"),
    "/buyer/name": ("杭州青禾软件有限公司", "杭州青术软件有限公司".replace("术", "务")),
    "/buyer/tax_id": (BUYER["tax_id"], BUYER["tax_id"].replace("4", "5", 1)),
    "/seller/name": ("武汉晴川数码科技有限公司", "武汉晴川数码软件有限公司"),
    "/lines/0/name": ("*计算机外部设备*键盘", "*计算机外部设备*键务"),
    "/lines/1/specification": ("M720", "M770"),
    "/lines/0/quantity": ("12", "72"),
    "/lines/1/unit_price": ("10.25", "12.25"),
    "/lines/0/amount": ("1038.00", "7038.00"),
    "/lines/1/tax": ("4.00", "4.10"),
    "/totals/amount_with_tax": ("1172.94", "7172.94"),
    "/totals/amount_with_tax_words": ("壹仟壹佰柒拾贰圆玖角肆分", "玖仟壹佰柒拾贰圆玖角肆分"),
    "/remarks": ("合同编号 HT-2026-77", "合同编号 HT-2026-72"),
    "/drawer": ("张三", "张川"),
}  # fmt: skip


@pytest.mark.parametrize("pointer", FACES)
def test_pdf_with_one_value_altered_on_its_face_names_that_field(pointer: str) -> None:
    original = render_pdf(INVOICE)
    assert differ("pdf", alter_pdf(original, *FACES[pointer]), original) == [(pointer, "face")]


CONTENTS = {
    "/number": ("InvoiceNumber", NUMBER, NUMBER[:-1] + "9"),
    "/issue_date": ("IssueTime", "2026-11-24", "2026-11-25"),
    "/buyer/name": ("BuyerName", "青禾", "红禾"),
    "/buyer/tax_id": ("BuyerIdNum", "91420106", "91420107"),
    "/seller/name": ("SellerName", "晴川", "阴川"),
    "/seller/tax_id": ("SellerIdNum", "91420100", "91420109"),
    "/seller/bank_account": ("SellerBankAccNum", "0000123", "0000124"),
    "/lines/0/name": ("ItemName", "键盘", "鼠标"),
    "/lines/0/quantity": ("Quantity", "12", "13"),
    "/lines/0/unit_price": ("UnPrice", "86.5", "86.6"),
    "/lines/0/amount": ("Amount", "1038.00", "1039.00"),
    "/lines/0/tax_rate": ("TaxRate", "0.13", "0.03"),
    "/lines/0/tax": ("ComTaxAm", "134.94", "134.95"),
    "/totals/amount": ("TotalAmWithoutTax", "1038.00", "1038.01"),
    "/totals/tax": ("TotalTaxAm", "134.94", "134.93"),
    "/totals/amount_with_tax": ("TotalTax-includedAmount", "1172.94", "1172.99"),
    "/totals/amount_with_tax_words": ("TotalTax-includedAmountInChinese", "壹仟", "贰仟"),
    "/remarks": ("Remark", "HT", "HU"),
    "/drawer": ("Drawer", "张三", "李四"),
}


def alter_element(xml: bytes, name: str, old: str, new: str) -> bytes:
    """In the first element of that name."""
    before, tag, rest = xml.partition(f"<{name}>".encode())
    assert tag
    return before + tag + rest.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("pointer", CONTENTS)
def test_xml_with_one_value_altered_names_that_field(pointer: str) -> None:
    original = render_xml(INVOICE)
    altered = alter_element(original, *CONTENTS[pointer])
    assert altered != original
    assert differ("xml", altered, original) == [(pointer, "content")]


def test_every_pointer_has_a_name_in_both_languages() -> None:
    for pointer in [
        *FACES,
        *CONTENTS,
        "/special_business/rows/0/origin",
        "/red/blue_number",
        "/EInvoice/x",
        PAGE,
    ]:
        name, name_zh = name_field(pointer)
        assert name.isascii()
        assert any("\u4e00" <= character <= "\u9fff" for character in name_zh)
    assert name_field("/lines/2/amount") == ("Amount of line 3", "第 3 行金额")


SAMPLES: dict[str, dict[str, Any]] = hard_invoices() | tax_control_invoices() | business_invoices()


@pytest.mark.parametrize("name", SAMPLES)
def test_pdf_of_every_kind_saved_anew_is_equal_and_names_its_number(name: str) -> None:
    invoice = SAMPLES[name]
    original = render_pdf(invoice)
    anew = resave(original)
    assert anew != original
    assert differ("pdf", anew, original, invoice) == []
    claim = read_claim("pdf", anew)
    assert isinstance(claim, Claim)
    assert (invoice["code"] or "", invoice["number"]) in claim.numbers


def test_pdf_of_another_invoice_differs_in_what_is_another() -> None:
    original = render_pdf(INVOICE)
    other = render_pdf(INVOICE | {"drawer": "李四"})
    assert differ("pdf", other, original) == [("/drawer", "content"), ("/drawer", "face")]


def test_pdf_of_many_pages_names_the_line() -> None:
    lines = [make_line(f"*计算机外部设备*键盘{n}", line_no=n, amount=f"{n}.25") for n in range(1, 60)]
    invoice = make_invoice(*lines)
    original = render_pdf(invoice)
    assert differ("pdf", alter_pdf(original, "47.25", "74.25"), original, invoice) == [
        ("/lines/46/amount", "face")
    ]


PAGE_PART = "Doc_0/Pages/Page_0/Content.xml"


@pytest.mark.parametrize("pointer", FACES)
def test_ofd_with_one_value_altered_on_its_face_names_that_field(pointer: str) -> None:
    old, new = FACES[pointer]
    original = render_ofd(INVOICE)
    altered = alter_part(original, PAGE_PART, lambda part: replace_once(part, f">{old}<", f">{new}<"))
    assert differ("ofd", altered, original) == [(pointer, "face")]


def replace_once(part: bytes, old: str, new: str) -> bytes:
    assert old.encode() in part
    return part.replace(old.encode(), new.encode(), 1)


@pytest.mark.parametrize("pointer", CONTENTS)
def test_ofd_with_its_attached_data_altered_names_that_field(pointer: str) -> None:
    original = render_ofd(INVOICE)
    altered = alter_part(
        original, "Doc_0/Attachs/einvoice.xml", lambda part: alter_element(part, *CONTENTS[pointer])
    )
    assert differ("ofd", altered, original) == [(pointer, "content")]


OFD_PARTS = {
    "number in the properties": ("OFD.xml", NUMBER, NUMBER[:-1] + "2", ("/number", "content")),
    "total in the properties": ("OFD.xml", '合计金额">1', '合计金额">9', ("/totals/amount", "content")),
    "moved text": (PAGE_PART, 'Boundary="', 'Boundary="1', (None, "face")),
    "QR code": (PAGE_PART, "M 0 0 L 7 0", "M 0 0 L 8 0", (APPEARANCE, "face")),
    "form": ("Doc_0/Document.xml", "ofd:", "ofd:", None),
}


@pytest.mark.parametrize("name", OFD_PARTS)
def test_ofd_with_a_part_altered_says_what(name: str) -> None:
    part, old, new, expected = OFD_PARTS[name]
    original = render_ofd(INVOICE)
    found = differ("ofd", alter_part(original, part, lambda each: replace_once(each, old, new)), original)
    if expected is None:
        assert found == []
    elif expected[0] is None:
        assert found
        assert {where for _, where in found} == {"face"}
    else:
        assert found == [expected]


@pytest.mark.parametrize("name", ["song", "kai"])
def test_ofd_with_other_glyphs_looks_different(name: str) -> None:
    original = render_ofd(INVOICE)
    altered = alter_part(original, f"Doc_0/Res/{name}.ttf", lambda font: font[:-1] + b"x")
    assert differ("ofd", altered, original) == [(APPEARANCE, "face")]


def test_ofd_with_a_part_added_says_so() -> None:
    original = render_ofd(INVOICE)
    assert differ("ofd", add_part(original, "Doc_0/Annots/x.xml", b"<a/>"), original) == [
        (PACKAGE, "content")
    ]


def test_ofd_of_the_tax_control_system_names_the_field_of_its_original_data() -> None:
    invoice = tax_control_invoices()["ordinary"]
    original = render_ofd(invoice)
    part = "Doc_0/Attachs/original_invoice.xml"
    altered = alter_part(original, part, lambda each: replace_once(each, "1172.94<", "9172.94<"))
    assert differ("ofd", altered, original, invoice) == [("/totals/amount_with_tax", "content")]
    assert (invoice["code"], invoice["number"]) in read_claim("ofd", altered).numbers


@pytest.mark.parametrize("name", SAMPLES)
def test_ofd_of_every_kind_packed_anew_is_equal_and_names_its_number(name: str) -> None:
    invoice = SAMPLES[name]
    original = render_ofd(invoice)
    anew = alter_part(original, "", bytes)
    assert anew != original
    assert differ("ofd", anew, original, invoice) == []
    assert (invoice["code"] or "", invoice["number"]) in read_claim("ofd", anew).numbers


def test_ubl_with_one_value_altered_names_that_field() -> None:
    original = render_ubl(make_invoice())
    altered = original.replace("杭州青禾".encode(), "杭州红禾".encode())
    assert [pointer for pointer, _ in differ("ubl", altered, original)] == ["/buyer/name"]
    assert read_claim("xml", altered).format == "ubl"
    assert ("", NUMBER) in read_claim("xml", altered).numbers


def test_pdf_with_text_that_can_be_selected_but_not_seen_looks_different() -> None:
    original = render_pdf(INVOICE)
    hidden = alter_operators(original, lambda content: content.replace(b"BT", b"BT 3 Tr", 1))
    assert differ("pdf", hidden, original) == [(APPEARANCE, "face")]


def test_json_with_one_value_altered_names_that_field() -> None:
    original = render_json(INVOICE)
    altered = original.replace("杭州青禾".encode(), "杭州红禾".encode())
    assert differ("json", altered, original) == [("/buyer/name", "content")]
    assert read_claim("json", altered) == read_claim("json", original)
    assert read_claim("json", altered).numbers[0] == ("", NUMBER)
    for bad in (b'{"a": 1, "a": 2}', b"{" * 100_000, b'{"a": NaN}', b'{"number": "\\ud800"}'):
        with pytest.raises(Unreadable):
            read_claim("json", bad)


OVERLAYS = {
    "white box": b"q 1 g 140 -101 40 5 re f Q",
    "black line": b"q 0 G 1 w 150 -60 m 200 -60 l S Q",
    "inline picture": b"q 20 0 0 5 150 -101 cm BI /W 1 /H 1 /IM true /F /AHx ID 00> EI Q",
}


@pytest.mark.parametrize("name", OVERLAYS)
def test_pdf_with_something_laid_over_it_looks_different(name: str) -> None:
    original = render_pdf(INVOICE)
    assert differ("pdf", append_content(original, OVERLAYS[name]), original) == [(APPEARANCE, "face")]


def test_pdf_with_text_added_names_the_page_or_the_field_beside() -> None:
    original = render_pdf(INVOICE)
    added = append_content(original, b"BT 0 g /mono 4 Tf 1 0 0 1 40 -24 Tm<00010002>Tj ET")
    assert differ("pdf", added, original) == [(PAGE, "face")]


def test_pdf_with_another_or_no_attachment_says_so() -> None:
    original = render_pdf(INVOICE)
    other = render_pdf(INVOICE | {"remarks": "别的备注"})
    assert ("/remarks", "content") in differ("pdf", other, original)


def test_xml_with_something_added_is_not_equal() -> None:
    original = render_xml(INVOICE)
    added = original.replace(b"</Header>", b"<Paid>Y</Paid></Header>")
    assert [where for _, where in differ("xml", added, original)] == ["content"]
    assert name_field(differ("xml", added, original)[0][0]).name == name_field(PACKAGE).name


def test_least_altered_version_is_found_among_several() -> None:
    first, second = render_pdf(INVOICE), render_pdf(INVOICE | {"mark": "voided"})
    compared = compare("pdf", resave(first), [second, first], msgspec.json.encode(INVOICE))
    assert compared[1] == []
    assert Difference(PAGE, "face") in compared[0]


ADDITIONS = {
    "script": (
        b"/Names<<",
        b"/Names<</JavaScript<</Names[(x)<</S/JavaScript/JS(app.alert\\(1\\))>>]>>",
        (PACKAGE, "content"),
    ),
    "annotation": (
        b"/Type/Page/",
        b"/Annots[<</Type/Annot/Subtype/Square/Rect[300 150 400 170]/C[1 0 0]>>]/Type/Page/",
        (APPEARANCE, "face"),
    ),
    "cut page": (b"/Type/Page/", b"/CropBox[0 0 300 200]/Type/Page/", (PAGE, "face")),
}


@pytest.mark.parametrize("name", ADDITIONS)
def test_pdf_with_something_added_beside_its_content_is_not_equal(name: str) -> None:
    before, after, expected = ADDITIONS[name]
    original = render_pdf(INVOICE)
    assert before in original
    altered = resave(original.replace(before, after, 1))
    assert expected in differ("pdf", altered, original)


ELSEWHERE = b'xmlns:e="urn:example:elsewhere"'
SURROUNDINGS = {
    "a comment in a value": (b"1172.94<", b"1172<!-- -->.94<"),
    "a style sheet": (b"<EInvoice>", b'<?xml-stylesheet type="text/xsl" href="x.xsl"?><EInvoice>'),
    "a namespace": (b"<EInvoice>", b'<EInvoice xmlns="urn:example:elsewhere">'),
}


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_xml_that_other_readers_may_understand_otherwise_is_not_equal(name: str) -> None:
    original = render_xml(INVOICE)
    assert (PACKAGE, "content") in differ("xml", original.replace(*SURROUNDINGS[name]), original)


@pytest.mark.parametrize("currencies", [b'currencyID="USD" e:currencyID="CNY"', b'e:currencyID="USD"'])
def test_ubl_with_an_attribute_of_another_namespace_is_not_equal(currencies: bytes) -> None:
    original = render_ubl(make_invoice())
    altered = re.sub(
        rb'(<cbc:PayableAmount) currencyID="CNY"', rb"\1 %b %b" % (ELSEWHERE, currencies), original
    )
    assert (PACKAGE, "content") in differ("ubl", altered, original, make_invoice())


@pytest.mark.parametrize(
    ("place", "altered"),
    [
        (rb'DeltaX="([^"]*)"', rb'%b DeltaX="9 -9 9 -9" e:DeltaX="\1"' % ELSEWHERE),
        (rb"<ofd:TextCode([^<]*)</ofd:", rb"<e:TextCode %b\1</e:" % ELSEWHERE),
        (rb"(<ofd:TextCode[^>]*>)", rb"\1<!-- -->"),
    ],
)
def test_ofd_that_other_readers_may_understand_otherwise_looks_different(
    place: bytes, altered: bytes
) -> None:
    original = render_ofd(INVOICE)
    part = "Doc_0/Pages/Page_0/Content.xml"
    changed = alter_part(original, part, lambda content: re.sub(place, altered, content))
    assert differ("ofd", changed, original) == [(APPEARANCE, "face")]


@pytest.mark.parametrize("depth", [1, 2, 4, 6])
def test_pdf_with_content_that_only_some_viewers_show_looks_different(depth: int) -> None:
    original = render_pdf(INVOICE)
    cover = b"1 1 1 rg 150 -110 60 8 re f"
    assert differ("pdf", hide_content(original, cover, depth=depth), original) == [(APPEARANCE, "face")]


def test_ofd_with_a_part_that_its_directory_does_not_name_is_refused() -> None:
    original = render_ofd(INVOICE)
    altered = hide_part(original, "Doc_0/Pages/Page_0/Content.xml", b"<Page/>")
    with pytest.raises(Unreadable):
        differ("ofd", altered, original)


def test_pdf_with_two_attachments_of_one_name_is_refused() -> None:
    original = render_pdf(INVOICE)
    document = pdfium.PdfDocument(original)
    document.new_attachment(document.get_attachment(0).get_name()).set_data(render_xml(INVOICE))
    altered = io.BytesIO()
    document.save(altered)
    document.close()
    with pytest.raises(Unreadable):
        differ("pdf", altered.getvalue(), original)
