"""What the bureau decides and keeps, on a store in memory."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.bureau.clock import Moment
from sandbox.bureau.commands import Desk, allocate_block, receive_invoices
from sandbox.bureau.faults import Mode
from sandbox.bureau.queries import find_invoice, get_invoice_page
from sandbox.bureau.schemas import (
    BlockAnswer,
    BlockOrder,
    FaultOrder,
    InvoiceAnswer,
    InvoiceQuery,
    ListQuery,
    QuotaOrder,
    Submission,
)
from sandbox.bureau.store.faults import order_fault
from sandbox.bureau.store.quotas import load_quota, set_quota
from sandbox.serving.problems import Conflict, ValidationFailed
from sandbox.serving.strict_json import convert

pytestmark = pytest.mark.fast

SCHEMA = Path(__file__).parents[2] / "sandbox/bureau/schema.sql"
WUHAN, HANGZHOU = "91420100MA4K00002Y", "91330106MA2XXXXX0A"


@pytest.fixture
def desk() -> Iterator[Desk]:
    tx = sqlite3.connect(":memory:", isolation_level=None)
    tx.executescript(SCHEMA.read_text("utf-8"))
    moment = Moment(datetime(2026, 11, 24, 4, tzinfo=UTC), 1_000_000)
    yield Desk(tx, moment, issue_delay_millis=300)
    tx.close()


def order_block(desk: Desk, request_id: str = "r-1", **changes: object) -> BlockAnswer:
    order = {"request_id": request_id, "seller": WUHAN, "year": 2026, "count": 100} | changes
    return allocate_block(desk, convert(order, BlockOrder))


def make_submission(**changes: object) -> Submission:
    """A valid invoice on the channel where the bureau assigns the number."""
    line = {
        "name": "*餐饮服务*餐费",
        "tax_class_code": "3070401000000000000",
        "tax_rate": "0.06",
        "amount": "100.00",
        "tax": "6.00",
    }
    return convert(
        {
            "channel": "assigned_on_issue",
            "seller": WUHAN,
            "serial": "s-1",
            "kind": "82",
            "buyer": {"name": "武汉云梦商贸有限公司"},
            "lines": [line],
            "totals": {"amount": "100.00", "tax": "6.00", "amount_with_tax": "106.00"},
        }
        | changes,
        Submission,
    )


def make_upload(number: str, **changes: object) -> Submission:
    return make_submission(
        **{"channel": "local_blocks", "number": number, "issue_date": "2026-11-24"} | changes
    )


def submit(desk: Desk, invoice: Submission) -> InvoiceAnswer:
    (answer,) = receive_invoices(desk, [invoice]).answers
    return answer


def wait(desk: Desk) -> Desk:
    """The same bureau when the delay has passed."""
    return Desk(desk.tx, desk.moment.later(300), issue_delay_millis=300)


def named(word: str) -> dict[str, object]:
    return {"buyer": {"name": word}}


def code_of(answer: InvoiceAnswer) -> str | None:
    return answer.error.code if answer.error else None


def test_blocks_of_one_seller_and_year_are_contiguous(desk: Desk) -> None:
    first, second = order_block(desk, "r-1"), order_block(desk, "r-2", count=5000)
    assert (first.first, first.last) == ("26427000001000000001", "26427000001000000100")
    assert (int(second.first), int(second.last)) == (int(first.last) + 1, int(first.last) + 5000)


def test_blocks_of_two_sellers_never_overlap(desk: Desk) -> None:
    ours, theirs = order_block(desk, "r-1"), order_block(desk, "r-2", seller="91420100MA4K00099Y")
    assert ours.last < theirs.first or theirs.last < ours.first


def test_block_asked_twice_is_the_same_block(desk: Desk) -> None:
    assert order_block(desk) == order_block(desk)
    with pytest.raises(Conflict):
        order_block(desk, count=99)


def test_block_of_a_distant_year_is_refused(desk: Desk) -> None:
    assert order_block(desk, "r-2", year=2027).first.startswith("27")
    with pytest.raises(ValidationFailed):
        order_block(desk, "r-3", year=2029)


def test_block_beyond_the_sequence_is_refused(desk: Desk) -> None:
    order_block(desk)
    desk.tx.execute("update sequences set next = 999999990")
    with pytest.raises(Conflict):
        order_block(desk, "r-2")


def test_upload_with_an_allocated_number_is_issued_at_once(desk: Desk) -> None:
    answer = submit(desk, make_upload(order_block(desk).first))
    assert (answer.status, answer.state, answer.submissions) == ("issued", "issued", 1)
    assert answer.issued_at == "2026-11-24T04:00:00.000Z"


@pytest.mark.parametrize(
    ("number", "seller", "code"),
    [
        ("26427000001000000101", WUHAN, "number-not-allocated"),
        ("26427000001000000001", HANGZHOU, "number-not-allocated"),
        ("25427000001000000001", WUHAN, "number-year-mismatch"),
    ],
)
def test_upload_with_a_foreign_number_is_rejected(desk: Desk, number: str, seller: str, code: str) -> None:
    order_block(desk)
    assert code_of(submit(desk, make_upload(number, seller=seller))) == code


def test_upload_of_a_used_number_is_rejected(desk: Desk) -> None:
    number = order_block(desk).first
    submit(desk, make_upload(number))
    assert code_of(submit(desk, make_upload(number, serial="s-2"))) == "number-used"


def test_upload_of_a_refused_number_under_a_new_serial_is_issued(desk: Desk) -> None:
    number = order_block(desk).first
    assert submit(desk, make_upload(number, **named("沙箱-拒绝"))).status == "rejected"
    assert submit(desk, make_upload(number, serial="s-2", **named("沙箱-拒绝"))).status == "issued"
    found = find_invoice(desk.tx, InvoiceQuery(number=number), desk.moment)
    assert (found.serial, found.state) == ("s-2", "issued")


def test_serial_submitted_again_is_counted_and_answers_the_present_state(desk: Desk) -> None:
    submit(desk, make_submission())
    again = submit(desk, make_submission())
    assert (again.status, again.state, again.submissions) == ("duplicate", "pending", 2)
    assert len(get_invoice_page(desk.tx, ListQuery(seller=WUHAN), desk.moment).items) == 1


def test_assigned_invoice_is_pending_until_the_delay_has_passed(desk: Desk) -> None:
    accepted = submit(desk, make_submission())
    assert (accepted.status, accepted.state, accepted.number) == ("accepted", "pending", None)
    later = wait(desk)
    answer = submit(later, make_submission())
    assert (answer.state, answer.number) == ("issued", "26422000001000000001")


def test_assigned_numbers_have_no_gap_for_rejected_invoices(desk: Desk) -> None:
    for index, word in enumerate(("甲方", "沙箱-拒绝", "乙方")):
        submit(desk, make_submission(serial=f"s-{index}", **named(word)))
    later = wait(desk)
    numbers = [submit(later, make_submission(serial=f"s-{index}")).number for index in (0, 2)]
    assert numbers == ["26422000001000000001", "26422000001000000002"]


def test_quota_used_up_rejects_and_the_same_serial_may_try_again(desk: Desk) -> None:
    set_quota(desk.tx, QuotaOrder(seller=WUHAN, total="150.00"), "202611")
    assert submit(desk, make_submission()).status == "accepted"
    refused = submit(desk, make_submission(serial="s-2"))
    assert (code_of(refused), refused.error is not None and refused.error.retryable) == (
        "quota-exceeded",
        True,
    )
    set_quota(desk.tx, QuotaOrder(seller=WUHAN, total="200.00"), "202611")
    accepted = submit(desk, make_submission(serial="s-2"))
    assert (accepted.status, accepted.submissions) == ("accepted", 2)
    assert load_quota(desk.tx, WUHAN, "202611").used == "200.00"


def test_quota_suspended_rejects(desk: Desk) -> None:
    set_quota(desk.tx, QuotaOrder(seller=WUHAN, suspended=True), "202611")
    assert code_of(submit(desk, make_submission())) == "quota-suspended"


def test_quota_of_an_upload_is_that_of_its_issue_month(desk: Desk) -> None:
    submit(desk, make_upload(order_block(desk).first, issue_date="2026-10-31"))
    assert load_quota(desk.tx, WUHAN, "202610").used == "100.00"
    assert load_quota(desk.tx, WUHAN, "202611").used == "0.00"


def test_quota_by_default_holds_an_invoice_of_a_billion(desk: Desk) -> None:
    assert load_quota(desk.tx, WUHAN, "202611").available == "100000000000.00"


@pytest.mark.parametrize(
    ("word", "first", "second"),
    [
        ("沙箱-重复", ("duplicate", "pending"), ("duplicate", "pending")),
        ("沙箱-登录", ("login_needed", "not_found"), ("accepted", "pending")),
        ("沙箱-额度不足", ("rejected", "rejected"), ("accepted", "pending")),
        ("沙箱-拒绝", ("rejected", "rejected"), ("duplicate", "rejected")),
    ],
)
def test_magic_name_strikes_the_first_submission(
    desk: Desk, word: str, first: tuple[str, str], second: tuple[str, str]
) -> None:
    answers = [submit(desk, make_submission(**named(word))) for _ in range(2)]
    assert [(answer.status, answer.state) for answer in answers] == [first, second]


def test_magic_name_with_a_count_strikes_as_often(desk: Desk) -> None:
    answers = [submit(desk, make_submission(**named("沙箱-登录x3"))) for _ in range(4)]
    assert [answer.status for answer in answers] == ["login_needed"] * 3 + ["accepted"]


def test_magic_down_keeps_nothing_and_spares_the_other_faults_of_the_batch(desk: Desk) -> None:
    batch = [make_submission(**named("沙箱-宕机")), make_submission(serial="s-2", **named("沙箱-拒绝"))]
    down = receive_invoices(desk, batch)
    assert (down.mode, down.answers) == (Mode.DOWN, ())
    assert find_invoice(desk.tx, InvoiceQuery(seller=WUHAN, serial="s-1"), desk.moment).state == "not_found"
    assert [answer.status for answer in receive_invoices(desk, batch).answers] == ["accepted", "rejected"]


def test_magic_timeout_accepts_what_it_does_not_answer(desk: Desk) -> None:
    reception = receive_invoices(desk, [make_submission(**named("沙箱-超时"))])
    assert reception.mode is Mode.TIMEOUT_AFTER_ACCEPT
    assert find_invoice(desk.tx, InvoiceQuery(seller=WUHAN, serial="s-1"), desk.moment).state != "not_found"


def test_ordered_fault_strikes_the_next_invoices_of_its_seller(desk: Desk) -> None:
    order_fault(desk.tx, FaultOrder(mode=Mode.REJECT, count=2, seller=WUHAN))
    statuses = [submit(desk, make_submission(serial=f"s-{index}")).status for index in range(3)]
    assert submit(desk, make_submission(seller=HANGZHOU)).status == "accepted"
    assert statuses == ["rejected", "rejected", "accepted"]


def test_ordered_fault_with_count_zero_ends(desk: Desk) -> None:
    order_fault(desk.tx, FaultOrder(mode=Mode.LOGIN_NEEDED, count=99, seller=WUHAN))
    assert submit(desk, make_submission()).status == "login_needed"
    order_fault(desk.tx, FaultOrder(mode=Mode.LOGIN_NEEDED, count=0))
    assert submit(desk, make_submission()).status == "accepted"


def test_listing_is_paged_in_the_order_of_arrival(desk: Desk) -> None:
    receive_invoices(desk, [make_submission(serial=f"s-{index}") for index in range(5)])
    serials: list[str] = []
    cursor: str | None = "0"
    while cursor:
        page = get_invoice_page(desk.tx, ListQuery(seller=WUHAN, cursor=cursor, limit=2), desk.moment)
        serials += [item["serial"] for item in page.items]
        cursor = page.next_cursor
    assert serials == [f"s-{index}" for index in range(5)]


def test_listing_of_a_judged_serial_has_every_field_of_the_contract(desk: Desk) -> None:
    submit(desk, make_submission())
    (item,) = get_invoice_page(desk.tx, ListQuery(seller=WUHAN), desk.moment).items
    assert item == {
        "serial": "s-1",
        "kind": "82",
        "code": None,
        "number": None,
        "status": "pending",
        "amount": "100.00",
        "tax": "6.00",
        "amount_with_tax": "106.00",
        "submissions": 1,
    }
