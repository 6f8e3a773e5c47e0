"""Several pages: whole lines, 小计 on each, the sums and remarks of the whole on the last."""

from decimal import Decimal

import pytest

from services.render.page.errors import NoRoom
from services.render.pdf.document import render_pdf
from tests.unit.render.pdf_reader import Pdf, Shown
from tests.unit.render.samples import make_invoice, make_line

pytestmark = pytest.mark.fast


def pages_of(*names: str) -> list[list[Shown]]:
    lines = [make_line(name, amount=f"{n}.50", printed_tax=f"{n}.01") for n, name in enumerate(names, 1)]
    shown = Pdf(render_pdf(make_invoice(*lines, remarks="备注在末页"))).shown()
    return [[item for item in shown if item.page == page] for page in range(1, shown[-1].page + 1)]


@pytest.mark.parametrize(
    ("lines", "pages"), [(1, 1), (8, 1), (9, 2), (16, 2), (17, 3), (100, 13), (2000, 250)]
)
def test_pages_for_short_lines_hold_eight(lines: int, pages: int) -> None:
    assert len(pages_of(*["*餐饮服务*餐费"] * lines)) == pages


def test_pages_line_of_several_rows_is_never_split() -> None:
    long = "*餐饮服务*" + "很长的名称" * 5
    pages = pages_of(*["*餐饮服务*餐费"] * 7, long)
    assert len(pages) == 2
    assert [item.text for item in pages[1] if 59 < item.y < 92 and item.x < 40] == [
        long[:12],
        long[12:23],
        long[23:],
    ]


def test_pages_each_ends_with_its_subtotal() -> None:
    *former, last = pages_of(*["*餐饮服务*餐费"] * 20)
    for number, page in enumerate(former):
        texts = [item.text for item in page]
        lines = range(8 * number + 1, 8 * number + 9)
        assert ("小" in texts, "合" in texts) == (True, False)
        assert str(sum(Decimal(f"{n}.50") for n in lines)) in texts
        assert str(sum(Decimal(f"{n}.01") for n in lines)) in texts
    texts = [item.text for item in last]
    assert ("小" in texts, "合" in texts) == (False, True)


def test_pages_repeat_head_and_drawer() -> None:
    expected = {
        "电子发票（普通发票）",
        "26422000000000000001",
        "2026年11月24日",
        "杭州青禾软件有限公司",
        "张三",
        "样票",
    }
    for page in pages_of(*["*餐饮服务*餐费"] * 20):
        assert expected <= {item.text for item in page}


def test_pages_words_and_remarks_only_on_the_last() -> None:
    for text in ("壹仟壹佰柒拾贰圆玖角肆分", "1172.94", "备注在末页", "1038.00"):
        holders = [any(item.text == text for item in page) for page in pages_of(*["*餐饮服务*餐费"] * 20)]
        assert holders == [False, False, True]


def test_pages_number_absent_from_a_single_page() -> None:
    assert not any(item.text.startswith("共") for item in pages_of("*餐饮服务*餐费")[0])


def test_pages_line_higher_than_the_table_gets_its_own() -> None:
    pages = pages_of("*餐饮服务*餐费", "*" + "特" * 40 + "*" + "长" * 100, "*餐饮服务*餐费")
    assert len(pages) == 3
    rows = [item for item in pages[1] if 57 < item.y < 92 and item.x < 40]
    assert "".join(row.text for row in rows) == "*" + "特" * 40 + "*" + "长" * 100
    assert min(row.size for row in rows) >= 6.49
    assert rows[-1].y <= 90.77


def test_pages_value_without_room_raises() -> None:
    with pytest.raises(NoRoom):
        render_pdf(make_invoice(make_line("长" * 400)))
    with pytest.raises(NoRoom):
        render_pdf(make_invoice(remarks="长" * 3000))
