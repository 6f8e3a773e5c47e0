"""Stock under codes at the bureau: given out once, and what is uploaded under it judged, on a store in memory."""

import pytest

from sandbox.bureau.commands import Desk, allocate_stock
from sandbox.bureau.numbers import is_code_of, make_code, split_number
from sandbox.bureau.queries import find_invoice, get_invoice_page, get_stock_page
from sandbox.bureau.schemas import InvoiceQuery, ListQuery, StockAnswer, StockOrder, Submission
from sandbox.serving.problems import Conflict
from sandbox.serving.strict_json import convert
from tests.unit.test_sandbox_desk import HANGZHOU, WUHAN, code_of, desk, make_submission, order_block, submit

__all__ = ["desk"]  # the fixture

pytestmark = pytest.mark.fast

KINDS = ["paper_special", "paper_ordinary", "tax_control_special", "tax_control_ordinary"]


def order_stock(desk: Desk, request_id: str = "r-1", **changes: object) -> StockAnswer:
    order = {"request_id": request_id, "seller": WUHAN, "kind": "paper_ordinary", "count": 100} | changes
    return allocate_stock(desk, convert(order, StockOrder))


def make_paper(stock: StockAnswer, place: int = 0, **changes: object) -> Submission:
    """An upload under the stock's number at that place."""
    fields = {
        "channel": "local_blocks",
        "kind": stock.kind,
        "code": stock.code,
        "number": f"{int(stock.first) + place:08}",
        "check_code": "12345678901234567890" if stock.kind.endswith("ordinary") else None,
        "issue_date": "2026-11-24",
    }
    return make_submission(**fields | changes)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("paper_special", "4200261130"),
        ("paper_ordinary", "042002600104"),
        ("tax_control_special", "042002600113"),
        ("tax_control_ordinary", "042002600111"),
    ],
)
def test_code_says_region_year_and_kind(kind: str, code: str) -> None:
    assert make_code(2026, kind, WUHAN) == code
    assert [name for name in KINDS if is_code_of(code, name)] == [kind]
    assert make_code(2026, kind, "91440300192203821" + "6")[-len(code) :].count("4403") == 1


@pytest.mark.parametrize(
    ("whole", "parts"),
    [
        ("26427000001000000001", (None, "26427000001000000001")),
        ("04200260011100000001", ("042002600111", "00000001")),
        ("420026113000000001", ("4200261130", "00000001")),
    ],
)
def test_code_and_number_written_together_are_told_apart(whole: str, parts: tuple[str | None, str]) -> None:
    assert split_number(whole) == parts


def test_stock_of_one_code_goes_on_from_seller_to_seller(desk: Desk) -> None:
    first = order_stock(desk)
    second = order_stock(desk, "r-2", seller="91420100MA4K00099Y", count=5)
    elsewhere = order_stock(desk, "r-3", seller=HANGZHOU)
    assert (first.first, first.last) == ("00000001", "00000100")
    assert (second.code, second.first, second.last) == (first.code, "00000101", "00000105")
    assert (elsewhere.code, elsewhere.first) == ("033002600104", "00000001")
    assert get_stock_page(desk.tx, ListQuery(seller=WUHAN)).items == [
        {"kind": "paper_ordinary", "code": "042002600104", "first": "00000001", "last": "00000100"}
    ]


def test_stock_asked_twice_is_the_same_stock(desk: Desk) -> None:
    assert order_stock(desk) == order_stock(desk)
    for changes in ({"kind": "paper_special"}, {"count": 99}, {"seller": HANGZHOU}):
        with pytest.raises(Conflict):
            order_stock(desk, **changes)


@pytest.mark.parametrize("kind", KINDS)
def test_upload_under_stock_is_issued_and_found_by_code_and_number(desk: Desk, kind: str) -> None:
    stock = order_stock(desk, kind=kind)
    answer = submit(desk, make_paper(stock, 4))
    assert (answer.status, answer.code, answer.number) == ("issued", stock.code, "00000005")
    found = find_invoice(desk.tx, InvoiceQuery(number=f"{stock.code}00000005"), desk.moment)
    assert (found.state, found.serial) == ("issued", "s-1")
    (item,) = get_invoice_page(desk.tx, ListQuery(seller=WUHAN), desk.moment).items
    assert (item["kind"], item["code"], item["number"]) == (kind, stock.code, "00000005")


def test_number_of_stock_is_used_once_but_stands_under_every_code(desk: Desk) -> None:
    paper = order_stock(desk)
    electronic = order_stock(desk, "r-2", kind="tax_control_ordinary")
    assert submit(desk, make_paper(paper)).status == "issued"
    assert submit(desk, make_paper(electronic, serial="s-2")).status == "issued"
    assert code_of(submit(desk, make_paper(paper, serial="s-3"))) == "number-used"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": "00000101"}, "number-not-allocated"),
        ({"seller": HANGZHOU}, "number-not-allocated"),
        ({"code": "042002600204"}, "number-not-allocated"),
        ({"code": "042002600111"}, "code-of-another-kind"),
        ({"code": "4200261130"}, "code-of-another-kind"),
        ({"kind": "tax_control_ordinary"}, "code-of-another-kind"),
        ({"code": None}, "number-missing"),
        ({"number": None}, "number-missing"),
        ({"number": "26427000001000000001"}, "number-missing"),
        ({"channel": "assigned_on_issue"}, "number-missing"),
        ({"issue_date": None}, "issue-date-missing"),
        ({"check_code": None}, "check-code-form"),
        ({"kind": "82", "number": "26427000001000000001"}, "code-unexpected"),
        ({"kind": "82"}, "number-missing"),
    ],
)
def test_upload_that_does_not_fit_its_stock_is_refused(
    desk: Desk, changes: dict[str, object], code: str
) -> None:
    order_block(desk)
    stock = order_stock(desk, "r-2")
    assert code_of(submit(desk, make_paper(stock, **changes))) == code
    assert submit(desk, make_paper(stock, serial="s-2")).status == "issued"


def test_check_code_on_a_special_invoice_is_refused(desk: Desk) -> None:
    stock = order_stock(desk, kind="paper_special")
    refused = submit(desk, make_paper(stock, check_code="12345678901234567890"))
    assert code_of(refused) == "check-code-form"
