"""What a batch refuses, by the place of each invoice in the request, and what a printer's settings come to."""

from decimal import Decimal
from uuid import UUID

import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.render.print.desk import MOST_BYTES, check_selection
from services.render.print.errors import (
    DocumentsFailed,
    DocumentsNotReady,
    PrintBatchTooLarge,
    UnknownInvoices,
)
from services.render.print.printers import Printer, PrintWish, settle
from services.render.print.profiles import Offset
from services.render.print.queries import Printable

pytestmark = pytest.mark.fast

IDS = [UUID(int=n, version=4) for n in range(3)]


def printable(one: UUID, state: str | None = "ready", size: int = 1000) -> Printable:
    return Printable(one, None, "26422000000000000001", size, 1, state, None)


def test_selection_that_is_whole_and_ready_passes() -> None:
    check_selection([*IDS, *IDS], [printable(one) for one in IDS])


def test_selection_names_what_is_unknown_before_what_is_not_ready() -> None:
    with pytest.raises(UnknownInvoices) as caught:
        check_selection([*IDS, IDS[0]], [printable(IDS[1], "pending"), printable(IDS[2], "failed")])
    assert [error.pointer for error in caught.value.errors] == ["/invoice_ids/0", "/invoice_ids/3"]
    assert "retryable" not in caught.value.values


def test_selection_with_an_invoice_of_a_moment_ago_may_be_repeated() -> None:
    with pytest.raises(UnknownInvoices) as caught:
        check_selection([new_id()], [])
    assert (caught.value.retry_after, caught.value.values["retryable"]) == (1, True)


@pytest.mark.parametrize(
    ("state", "problem"),
    [("failed", DocumentsFailed), ("pending", DocumentsNotReady), (None, DocumentsNotReady)],
)
def test_selection_names_what_has_no_document(state: str | None, problem: type[Exception]) -> None:
    with pytest.raises(problem) as caught:
        check_selection(IDS, [printable(IDS[0]), printable(IDS[1], state), printable(IDS[2])])
    assert [error.pointer for error in caught.value.errors] == ["/invoice_ids/1"]  # type: ignore[attr-defined]


def test_selection_of_too_much_content_is_refused() -> None:
    with pytest.raises(PrintBatchTooLarge):
        check_selection(IDS, [printable(one, size=MOST_BYTES // 3 + 1) for one in IDS])


def test_wish_goes_before_what_was_saved() -> None:
    saved = Printer("front", "form_241", Decimal("1.5"), Decimal(-2), 1, utc_now(), "user:1")
    assert settle(PrintWish(), None) == ("native", Offset(0.0, 0.0))
    assert settle(PrintWish(printer="front"), saved) == ("form_241", Offset(1.5, -2.0))
    assert settle(PrintWish("a4", "front", dx=Decimal(0)), saved) == ("a4", Offset(0.0, -2.0))
