"""Every text stands where the real page has it: origins within 0.3 mm of those measured on a bureau file."""

import pytest

from services.render.pdf.document import render_pdf
from tests.unit.render.pdf_reader import Pdf, Shown
from tests.unit.render.samples import hard_invoices, make_invoice, make_line

pytestmark = pytest.mark.fast
TOLERANCE = 0.3

LEFT = [  # text, left end, baseline, size
    ("电子发票（普通发票）", 68.2, 14.09, 20.05),
    ("发票号码：", 154.53, 14.02, 9.35),
    ("26422000000000000001", 170.0, 13.94, 9),
    ("开票日期：", 154.53, 20.02, 9.35),
    ("2026年11月24日", 170.0, 20.04, 9),
    ("购", 5.97, 35.52, 9),
    ("息", 5.97, 49.52, 9),
    ("销", 106.47, 35.52, 9),
    ("杭州青禾软件有限公司", 20.0, 36.53, 9),
    ("武汉晴川数码科技有限公司", 120.0, 36.53, 9),
    ("91420106MA4L123460", 54.0, 47.07, 12),
    ("91420100MA4K00002Y", 154.5, 47.07, 12),
    ("项目名称", 16.03, 56.02, 9),
    ("规格型号", 42.13, 56.02, 9),
    ("单 位", 67.03, 56.02, 9),
    ("数 量", 93.03, 56.02, 9),
    ("单 价", 118.03, 56.02, 9),
    ("金 额", 143.53, 56.02, 9),
    ("税率/征收率", 157.53, 56.02, 9),
    ("税 额", 194.53, 56.02, 9),
    ("*计算机外部设备*键盘", 4.5, 59.26, 9),
    ("K8", 43.0, 59.5, 9),
    ("*餐饮服务*餐费", 4.5, 63.76, 9),
    ("合", 20.53, 95.02, 9),
    ("计", 36.53, 95.02, 9),
    ("价税合计（大写）", 16.93, 101.52, 9),
    ("壹仟壹佰柒拾贰圆玖角肆分", 62.9, 100.85, 9),
    ("（小写）", 143.53, 101.52, 9),
    ("备", 6.03, 112.02, 9),
    ("注", 6.03, 118.02, 9),
    ("第一行", 11.1, 107.26, 9),
    ("第二行", 11.1, 110.56, 9),
    ("开票人：", 19.53, 132.52, 9),
    ("张三", 32.0, 132.62, 9),
]
RIGHT = [  # text, right end, baseline
    ("12", 102.5, 59.5),
    ("86.5", 127.5, 59.5),
    ("1040.01", 153.0, 59.5),
    ("135.20", 205.5, 59.5),
    ("1038.00", 153.5, 94.63),
    ("134.94", 205.5, 94.63),
]


@pytest.fixture(scope="module")
def shown() -> list[Shown]:
    first = make_line(specification="K8", unit="套", amount="1040.01", printed_tax="135.20")
    second = make_line("*餐饮服务*餐费", quantity=None, unit_price=None, amount="-2.01", printed_tax="-0.26")
    return Pdf(render_pdf(make_invoice(first, second, remarks="第一行\n第二行"))).shown()


def find(shown: list[Shown], text: str) -> Shown:
    found = [item for item in shown if item.text == text]
    assert len(found) == 1 or text in "方信息", f"{text} stands {len(found)} times"
    return found[0]


@pytest.mark.parametrize(("text", "x", "y", "size"), LEFT)
def test_position_of_text_is_as_measured(
    shown: list[Shown], text: str, x: float, y: float, size: float
) -> None:
    item = find(shown, text)
    assert abs(item.x - x) <= TOLERANCE
    assert abs(item.y - y) <= TOLERANCE
    assert item.size == pytest.approx(size, abs=0.05)


@pytest.mark.parametrize(("text", "right", "y"), RIGHT)
def test_position_of_figure_ends_as_measured(shown: list[Shown], text: str, right: float, y: float) -> None:
    item = find(shown, text)
    assert abs(item.right - right) <= TOLERANCE
    assert abs(item.y - y) <= TOLERANCE


def test_position_of_unit_and_rate_centred(shown: list[Shown]) -> None:
    unit, rate = find(shown, "套"), next(item for item in shown if item.text == "13%")
    assert (unit.x + unit.right) / 2 == pytest.approx(71, abs=TOLERANCE)
    assert (rate.x + rate.right) / 2 == pytest.approx(166.5, abs=TOLERANCE)


def test_position_of_small_total_behind_yen(shown: list[Shown]) -> None:
    total = find(shown, "1172.94")
    yen = next(item for item in shown if item.text == "¥" and item.y == total.y)
    assert (yen.x, yen.y, yen.size) == pytest.approx((155.5, 100.99, 11), abs=TOLERANCE)
    assert (total.x, total.size) == pytest.approx((yen.right, 11), abs=0.01)


def test_position_of_mark_is_large_enough(shown: list[Shown]) -> None:
    mark = find(shown, "样票")
    assert mark.size * 25.4 / 72 >= 2.4
    assert mark.x >= 90
    assert mark.right <= 120
    assert 8 <= mark.y <= 28


def test_position_of_page_number_below_date() -> None:
    shown = Pdf(render_pdf(hard_invoices()["two_pages"])).shown()
    for page in (1, 2):
        item = find(shown, f"共 2 页 第 {page} 页")
        assert (item.x, item.y, item.page) == pytest.approx((154, 24.5, page), abs=TOLERANCE)


def test_position_digits_take_half_an_em() -> None:
    item = find(Pdf(render_pdf(make_invoice())).shown(), "26422000000000000001")
    assert item.width / len(item.text) == pytest.approx(1.5875, abs=0.001)


def test_position_nothing_leaves_its_column() -> None:
    bounds = [
        (4.5, 42.0),
        (42.5, 66.0),
        (65.3, 77.0),
        (77.5, 102.8),
        (102.6, 127.8),
        (128.0, 153.3),
        (154.0, 179.0),
    ]
    for item in Pdf(render_pdf(hard_invoices()["longest_cells"])).shown():
        if 57 < item.y < 92 and item.font == "song" and item.x < 179:
            assert any(left <= item.x and item.right <= right for left, right in bounds), item


def test_position_everything_stays_on_the_page() -> None:
    for name, invoice in hard_invoices().items():
        for item in Pdf(render_pdf(invoice)).shown():
            assert item.x >= 4.5, (name, item)
            assert item.right <= 205.6, (name, item)
            assert item.y <= 133, (name, item)
