"""The OFD package: whole, deterministic, every reference resolved, every id its own."""

import re
from collections import Counter
from typing import Any

import pytest

from services.render.ofd.document import render_ofd
from services.render.page.errors import MissingGlyph, UnsupportedKind
from services.render.structured.einvoice import render_xml
from tests.unit.render.ofd_reader import OFD, Ofd
from tests.unit.render.samples import SELLER, make_invoice, make_line
from tests.unit.render.structured_samples import every_invoice

pytestmark = pytest.mark.fast
INVOICES = every_invoice()
# Which attributes GB/T 33190 asks of the elements that have any, and which others it knows of those that are used.
REQUIRED = {
    "OFD": {"Version", "DocType"},
    "CustomData": {"Name"},
    "TemplatePage": {"ID", "BaseLoc"},
    "Page": {"ID", "BaseLoc"},
    "Template": {"TemplateID"},
    "Res": {"BaseLoc"},
    "Font": {"ID", "FontName"},
    "Layer": {"ID"},
    "TextObject": {"ID", "Boundary", "Font", "Size"},
    "PathObject": {"ID", "Boundary"},
    "FillColor": {"Value"},
    "StrokeColor": {"Value"},
    "TextCode": {"X", "Y"},
    "CGTransform": {"CodePosition"},
    "CustomTag": {"TypeID"},
    "ObjectRef": {"PageRef"},
    "Attachment": {"ID", "Name"},
}
OPTIONAL = {
    "Template": {"ZOrder"},
    "Font": {"FamilyName"},
    "Layer": {"Type"},
    "PathObject": {"CTM", "LineWidth", "Stroke", "Fill"},
    "TextCode": {"DeltaX"},
    "CGTransform": {"CodeCount", "GlyphCount"},
    "Attachment": {"Format", "CreationDate", "Size", "Visible"},
}
ORDER = {
    "DocInfo": ["DocID", "Title", "CreationDate", "Creator", "CustomDatas"],
    "DocBody": ["DocInfo", "DocRoot"],
    "Document": ["CommonData", "Pages", "CustomTags", "Attachments"],
    "CommonData": ["MaxUnitID", "PageArea", "PublicRes", "TemplatePage"],
    "Page": ["Template", "Area", "Content"],
    "TextObject": ["FillColor", "CGTransform", "TextCode"],
    "PathObject": ["StrokeColor", "FillColor", "AbbreviatedData"],
}


@pytest.fixture(params=INVOICES, scope="module")
def ofd(request: pytest.FixtureRequest) -> Ofd:
    return Ofd(render_ofd(INVOICES[request.param]))


def test_package_same_invoice_gives_same_bytes() -> None:
    invoice = make_invoice()
    assert render_ofd(invoice) == render_ofd(invoice) == render_ofd(invoice | {"xml": render_xml(invoice)})


def test_package_entry_comes_first_and_times_are_fixed(ofd: Ofd) -> None:
    assert ofd.entries[0].filename == "OFD.xml"
    assert {entry.date_time for entry in ofd.entries} == {(1980, 1, 1, 0, 0, 0)}
    names = Counter(entry.filename for entry in ofd.entries)
    assert max(names.values()) == 1


def test_package_every_part_is_referred_to(ofd: Ofd) -> None:
    reached = {"OFD.xml", ofd.root, *ofd.resources().values()}
    reached |= {ofd.found(ofd.document, "CommonData/PublicRes", ofd.root)}
    for element in ofd.document.iter():
        if location := element.attrib.get("BaseLoc"):
            reached.add(ofd.resolve(location, ofd.root))
    for name in ("CustomTags", "Attachments"):
        part = ofd.found(ofd.document, name, ofd.root)
        reached.add(part)
        reached |= {
            ofd.resolve(location.text or "", part) for location in ofd.xml(part).iter(f"{OFD}FileLoc")
        }
    assert reached == set(ofd.parts)


def test_package_ids_are_unique_and_below_the_greatest(ofd: Ofd) -> None:
    parts = [ofd.xml(name) for name in ofd.parts if name.endswith(".xml") and "/einvoice" not in name]
    ids = Counter(
        int(element.attrib["ID"]) for part in parts for element in part.iter() if "ID" in element.attrib
    )
    assert max(ids.values()) == 1
    greatest = ofd.document.findtext(f"{OFD}CommonData/{OFD}MaxUnitID")
    assert greatest
    assert max(ids) <= int(greatest)


def test_package_elements_have_the_attributes_and_order_of_the_standard(ofd: Ofd) -> None:
    names = [name for name in ofd.parts if name.endswith(".xml") and "invoice" not in name]
    for element in (element for name in names for element in ofd.xml(name).iter()):
        assert element.tag.startswith(OFD)
        name = element.tag.removeprefix(OFD)
        # The root of a page's own part has none.
        required = REQUIRED.get(name, set()) if element.attrib or name != "Page" else set()
        assert required <= set(element.attrib) <= required | OPTIONAL.get(name, set()), name
        if name in ORDER and len(element):
            places = [ORDER[name].index(child.tag.removeprefix(OFD)) for child in element]
            assert places == sorted(places), name


def test_package_objects_stay_on_their_page_and_texts_are_not_transformed(ofd: Ofd) -> None:
    for page in ofd.pages():
        size = page.findtext(f"{OFD}Area/{OFD}PhysicalBox")
        assert size
        wide, high = map(float, size.split()[2:])
        for element in (element for root in (page, ofd.template(page)) for element in root.iter()):
            if "Boundary" in element.attrib:
                x, y, width, height = map(float, element.attrib["Boundary"].split())
                assert min(x, y) >= 0
                assert x + width <= wide
                assert y + height <= high
            assert "CTM" not in element.attrib or element.tag == f"{OFD}PathObject"


def test_package_says_what_readers_look_for() -> None:
    entry = Ofd(render_ofd(make_invoice(make_line(printed_rate="免税", printed_tax="***")))).entry
    named = {each.attrib["Name"]: each.text for each in entry.iter(f"{OFD}CustomData")}
    assert named == {
        "发票号码": "26422000000000000001",
        "开票日期": "2026年11月24日",
        "合计金额": "1038.00",
        "合计税额": "***",
        "购买方纳税人识别号": "91420106MA4L123460",
        "销售方纳税人识别号": "91420100MA4K00002Y",
        "template-version": "1.0",
        "native-producer": "OpenFapiao",
    }
    identity = entry.findtext(f".//{OFD}DocID")
    assert identity
    assert re.fullmatch("[0-9a-f]{32}", identity)
    assert entry.findtext(f".//{OFD}CreationDate") == "2026-11-24"
    assert entry.findtext(f".//{OFD}Title") == "电子发票（普通发票）"


def test_package_other_version_has_another_identity() -> None:
    def identity(invoice: dict[str, Any]) -> str | None:
        return Ofd(render_ofd(invoice)).entry.findtext(f".//{OFD}DocID")

    assert identity(make_invoice()) != identity(make_invoice(mark="voided"))


def test_package_never_bears_the_words_of_the_real_seal(ofd: Ofd) -> None:
    shown = [text.text for text in [*ofd.labels(), *ofd.values()]]
    assert any(text == "样票" for text in shown)
    assert not any("监制" in text or "税务总局" in text for text in shown)


def test_package_missing_glyph_is_an_error() -> None:
    with pytest.raises(MissingGlyph):
        render_ofd(make_invoice(seller=SELLER | {"name": "\U0001f600"}))


def test_package_unknown_kind_is_an_error() -> None:
    with pytest.raises(UnsupportedKind):
        render_ofd(make_invoice(kind="toll"))
