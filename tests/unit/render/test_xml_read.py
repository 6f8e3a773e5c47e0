"""What is read back of an EInvoice: every field under its pointer, every alteration named, nothing hostile obeyed."""

import pytest
from hypothesis import given

from services.render.structured.additional import list_additional
from services.render.structured.einvoice import render_xml
from services.render.structured.invoice import read_invoice
from services.render.structured.pointers import point_additional
from services.render.verification.documents import read_document
from services.render.verification.unreadable import Unreadable
from tests.unit.render.kind_samples import CONSTRUCTION, JOURNEY, make_journeys, make_transports
from tests.unit.render.random_invoices import invoices
from tests.unit.render.samples import make_invoice, make_line
from tests.unit.render.structured_samples import every_invoice

pytestmark = pytest.mark.fast

# Whoever takes it at its word writes 4^29 letters.
BOMB = (
    b"<!DOCTYPE a [<!ENTITY a0 'b'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 4) for n in range(1, 30))
    + b"]><EInvoice>&a29;</EInvoice>"
)
EXTERNAL = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><EInvoice>&x;</EInvoice>'


def read_xml(content: bytes) -> dict[str, str]:
    return dict(read_document(content).values)


def state_facts(invoice: dict) -> dict[str, str]:
    return read_xml(render_xml(invoice))


def differing(one: dict[str, str], other: dict[str, str]) -> set[str]:
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


@given(invoices())
def test_xml_read_of_any_invoice_finds_its_values(invoice: dict) -> None:
    found = state_facts(invoice)
    for number, line in enumerate(invoice["lines"]):
        for field in ("name", "specification", "unit", "quantity", "unit_price", "amount", "tax"):
            assert found.get(f"/lines/{number}/{field}", "") == (line[field] or "")
    for role in ("seller", "buyer"):
        assert {field: found.get(f"/{role}/{field}", "") for field in invoice[role]} == invoice[role]
    assert {name: found[f"/totals/{name}"] for name in invoice["totals"]} == invoice["totals"]
    assert found["/number"] == invoice["number"]
    assert found.get("/drawer", "") == invoice["drawer"]
    assert found.get("/remarks", "").endswith(invoice["remarks"])


@pytest.mark.parametrize("name", sorted(every_invoice()))
def test_xml_read_of_each_sample_knows_every_additional_fact(name: str) -> None:
    invoice = read_invoice(every_invoice()[name])
    found = state_facts(every_invoice()[name])
    pointers = {point_additional(fact.name): fact.value for fact in list_additional(invoice)}
    assert pointers.items() <= found.items()


@pytest.mark.parametrize(
    ("pointer", "altered"),
    [
        ("/lines/1/amount", make_invoice(make_line(), make_line(amount="1038.01"))),
        ("/buyer/name", make_invoice(make_line(), make_line(), buyer={"name": "别家", "tax_id": ""})),
        ("/remarks", make_invoice(make_line(), make_line(), remarks="改")),
        ("/special_business/rows/1/goods", None),
    ],
)
def test_xml_read_of_altered_invoice_names_the_field(pointer: str, altered: dict | None) -> None:
    stored = make_invoice(make_line(), make_line())
    if altered is None:
        stored, altered = (make_invoice(special_business=make_transports(2)) for _ in range(2))
        altered["special_business"]["rows"][1] |= {"goods": "别物"}
    assert pointer in differing(state_facts(stored), read_xml(render_xml(altered)))


def test_xml_read_of_business_names_the_answers_fields() -> None:
    found = state_facts(make_invoice(special_business=CONSTRUCTION))
    assert found["/special_business/project_name"] == CONSTRUCTION["project_name"]
    assert found["/special_business/is_cross_city"] == "是"
    found = state_facts(make_invoice(special_business=make_journeys(2)))
    assert found["/special_business/rows/0/document_number"] == JOURNEY["document_number"]
    assert found["/special_business/rows/1/traveller"] == JOURNEY["traveller"]


@pytest.mark.parametrize(
    "smuggled",
    [b"<Foo>1</Foo>", b"<Header><EIid>2</EIid></Header>", b"text", b'<EInvoiceData a="b"/>'],
)
def test_xml_read_of_smuggled_content_shows_it(smuggled: bytes) -> None:
    content = render_xml(make_invoice())
    altered = content.replace(b"</EInvoice>", smuggled + b"</EInvoice>")
    assert differing(read_xml(content), read_xml(altered))


@pytest.mark.parametrize("padded", ["武汉晴川数码科技有限公司 ", "\n武汉晴川数码科技有限公司"])
def test_xml_read_of_value_with_space_at_its_ends_names_the_field(padded: str) -> None:
    content = render_xml(make_invoice())
    altered = content.replace("武汉晴川数码科技有限公司".encode(), padded.encode())
    assert differing(read_xml(content), read_xml(altered)) == {"/seller/name"}


def test_xml_read_of_indented_copy_finds_the_same() -> None:
    content = render_xml(make_invoice())
    assert read_xml(content.replace(b"><", b">\n  <")) == read_xml(content)


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not xml",
        b"<EInvoice>",
        b"<Rechnung/>",
        b'<EInvoice xmlns="a"><b:c/></EInvoice>\x00',
        BOMB,
        EXTERNAL,
        b"<EInvoice>" + b"<a>" * 50 + b"</a>" * 50 + b"</EInvoice>",
        b"<EInvoice><" + b"a" * 100_000 + b"/></EInvoice>",
        b"<EInvoice>" + b"<a/>" * 300_000 + b"</EInvoice>",
        b"<EInvoice>\xff\xfe</EInvoice>",
        b"<EInvoice>&unknown;</EInvoice>",
    ],
)
def test_xml_read_of_hostile_file_refuses_it_in_two_languages(hostile: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        read_xml(hostile)
    assert refused.value.reason
    assert refused.value.reason_zh
