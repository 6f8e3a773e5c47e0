"""Special businesses on the page: the caption, rows below the items with their paging, facts in the remarks."""

from typing import Any

import msgspec
import pytest

from libs.common.contracts.special_business import (
    FreightDocument,
    JourneyDocument,
    PassengerTransportDocument,
    TransportDocument,
)
from services.render.page.business import business_rows
from services.render.page.errors import NoRoom
from services.render.pdf.document import render_pdf
from tests.unit.render.kind_samples import (
    CONSTRUCTION,
    JOURNEY,
    LEASE,
    SALE,
    TRANSPORT,
    business_invoices,
    make_journeys,
    make_tax_control,
    make_transports,
)
from tests.unit.render.pdf_reader import Pdf, Shown
from tests.unit.render.samples import make_invoice, make_line

pytestmark = pytest.mark.fast
INVOICES = business_invoices()
HEADING = ["出行人", "证件类型", "有效身份证件号", "出行日期", "出发地", "到达地", "等级", "交通工具类型"]


def shown_of(invoice: dict[str, Any]) -> list[Shown]:
    return Pdf(render_pdf(invoice)).shown()


def texts_at(shown: list[Shown], y: float, page: int = 1) -> list[str]:
    """One row of the table from left to right."""
    row = [item for item in shown if item.page == page and item.y == pytest.approx(y, abs=0.3)]
    return [item.text for item in sorted(row, key=lambda item: item.x)]


def remarks_of(invoice: dict[str, Any]) -> str:
    return "".join(item.text for item in shown_of(invoice) if 105 < item.y < 124 and item.font == "song")


@pytest.mark.parametrize(
    ("name", "caption"),
    [
        ("construction", "建筑服务"),
        ("freight", "货物运输服务"),
        ("sale", "不动产销售"),
        ("lease", "不动产经营租赁服务"),
        ("passengers_many", "旅客运输服务"),
    ],
)
def test_business_caption_stands_beside_the_qr_code_of_every_page(name: str, caption: str) -> None:
    shown = shown_of(INVOICES[name])
    found = [item for item in shown if item.text == caption]
    assert [item.page for item in found] == sorted({item.page for item in shown})
    assert all(item.x > 26.5 and item.right < 65 and item.y < 26 for item in found)


def test_business_of_an_ordinary_invoice_leaves_no_trace() -> None:
    labels = {item.text for item in shown_of(make_invoice()) if item.font == "kai"}
    assert not labels & {*HEADING, "旅客运输服务", "共同购买方"}


def test_business_journeys_stand_below_the_items_under_a_heading() -> None:
    shown = shown_of(INVOICES["passengers"])
    assert texts_at(shown, 59.4)[0] == "*运输服务*客运服务费"
    assert texts_at(shown, 64.0) == HEADING
    assert texts_at(shown, 68.5) == [
        *("乘客1", "居民身份证", "42010019900101001X", "2026-11-20", "武汉", "第1站", "二等座", "火车")
    ]
    assert texts_at(shown, 77.5) == ["张样例", "外国护照", "42010019900101001X", "2026-11-20", "武汉", "杭州"]


def test_business_values_start_where_their_heading_does() -> None:
    for name in ("passengers", "freight", "sale_together"):
        shown = shown_of(INVOICES[name])
        headings, values = (
            [item.x for item in shown if abs(item.y - y) < 0.3 and item.page == 1] for y in (64.0, 68.5)
        )
        assert sorted(values) == pytest.approx(sorted(headings))


def test_business_transports_name_tool_places_and_goods() -> None:
    shown = shown_of(INVOICES["freight"])
    assert texts_at(shown, 64.0) == ["运输工具种类", "运输工具牌号", "起运地", "到达地", "运输货物名称"]
    assert texts_at(shown, 68.5) == [
        *("公路", "鄂A00001", "湖北省武汉市洪山区", "浙江省杭州市西湖区", "计算机外部设备")
    ]


@pytest.mark.parametrize(("items", "rows", "pages"), [(1, 6, 1), (1, 7, 2), (7, 1, 2), (6, 1, 1), (1, 13, 2)])
def test_business_rows_take_pages_with_a_heading_each(items: int, rows: int, pages: int) -> None:
    lines = [make_line("*运输服务*客运服务费")] * items
    shown = shown_of(make_invoice(*lines, special_business=make_journeys(rows)))
    headings = [item.page for item in shown if item.text == "出行人"]
    assert shown[-1].page == pages
    assert headings == ([2] if items == 7 else list(range(1, pages + 1)))
    for page in headings:
        first = min(
            item.y for item in shown if item.page == page and item.text in {"乘客1", "张样例", "居民身份证"}
        )
        heading = next(item.y for item in shown if item.page == page and item.text == "出行人")
        assert heading < first


def test_business_rows_all_stand_in_order_and_inside_the_table() -> None:
    shown = shown_of(INVOICES["freight_many"])
    plates = [item.text for item in shown if item.text.startswith("鄂A")]
    assert plates == [f"鄂A{n:05}" for n in range(1, 20)]
    assert max(item.y for item in shown if item.text.startswith("鄂A")) <= 91.1


def test_business_page_without_items_has_an_empty_subtotal() -> None:
    shown = shown_of(INVOICES["freight_many"])
    assert texts_at(shown, 94.63, page=2)[-4:] == ["¥", "0.00", "¥", "0.00"]
    assert texts_at(shown, 94.63, page=3)[-4:] == ["¥", "1038.00", "¥", "134.94"]


def test_business_two_thousand_journeys_are_drawn() -> None:
    shown = shown_of(make_invoice(special_business=make_journeys(2000)))
    assert sum(item.text == "2026-11-20" for item in shown) == 2000
    assert shown[-1].page == 286


def test_business_longest_row_fits_under_the_heading() -> None:
    shown = shown_of(INVOICES["passengers_long"])
    rows = [item for item in shown if item.page == 2 and item.size < 5.6]
    assert min(item.y for item in rows) > 62
    assert max(item.y for item in rows) <= 91.1
    for column in ("traveller", "origin", "destination"):
        assert INVOICES["passengers_long"]["special_business"]["rows"][0][column] in "".join(
            item.text for item in rows
        )


def test_business_row_higher_than_the_table_leaves_room_for_its_heading() -> None:
    row = JOURNEY | {"traveller": "长" * 115}
    invoice = make_invoice(special_business={"type": "passenger_transport", "rows": [row]})
    rows = [item for item in shown_of(invoice) if item.page == 2 and item.text.startswith("长长")]
    assert "".join(item.text for item in rows) == row["traveller"]
    assert [len(rows), rows[-1].y] == [8, pytest.approx(91.0, abs=0.1)]


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("plane", "飞机"),
        ("train", "火车"),
        ("coach", "长途汽车"),
        ("public_transport", "公共交通"),
        ("taxi", "出租车"),
        ("car", "汽车"),
        ("ship", "船舶"),
        ("other", "其他"),
        (None, ""),
    ],
)
def test_business_vehicle_of_a_journey_is_written_out(code: str | None, word: str) -> None:
    journeys = PassengerTransportDocument(
        rows=(msgspec.convert(JOURNEY | {"transport": code}, JourneyDocument),)
    )
    assert business_rows(journeys)[0]["transport"] == word


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("railway", "铁路"),
        ("road", "公路"),
        ("waterway", "水路"),
        ("air", "航空"),
        ("pipeline", "管道"),
        ("other", "其他"),
    ],
)
def test_business_vehicle_of_a_transport_is_written_out(code: str, word: str) -> None:
    row = msgspec.convert(TRANSPORT | {"transport": code}, TransportDocument)
    assert business_rows(FreightDocument(rows=(row,)))[0]["transport"] == word


def test_business_row_without_room_raises() -> None:
    row = JOURNEY | {"traveller": "长" * 2000}
    with pytest.raises(NoRoom):
        render_pdf(make_invoice(special_business={"type": "passenger_transport", "rows": [row]}))


def test_business_facts_of_construction_follow_the_remarks_without_repeating_them() -> None:
    remarks = remarks_of(INVOICES["construction"])
    assert remarks.startswith(INVOICES["construction"]["remarks"])
    assert remarks.count("建筑服务发生地") == remarks.count("建筑项目名称") == 1
    assert (
        "跨地（市）标志:是; 跨区域涉税事项报验管理编号:42010026110001; 土地增值税项目编号:TZ-0001;" in remarks
    )


def test_business_facts_stand_in_the_remarks_where_those_only_seem_to_name_them() -> None:
    remarks = remarks_of(make_invoice(special_business=CONSTRUCTION, remarks="建筑服务发生地：见附件。"))
    assert "建筑服务发生地:湖北省-武汉市-洪山区珞喻路千号; 建筑项目名称:晴川样例研发楼一期;" in remarks


def test_business_facts_of_real_estate_stand_in_the_remarks() -> None:
    sale, lease = remarks_of(INVOICES["sale"]), remarks_of(INVOICES["lease"])
    assert sale.startswith(f"不动产地址:{SALE['address']}; 产权证书号:{SALE['title_number']}; 面积单位:㎡;")
    assert "不动产单元代码/网签合同备案编号:420111000000GB00000F00000001; 核定计税价格:1090000.00;" in sale
    assert "土地增值税项目编号" not in sale
    assert "租赁期起止:2026-11-24 08:30 至 2026-11-24 18:00; 车牌号:鄂A00001;" in lease
    assert lease.count(LEASE["address"]) == 1


def test_business_co_buyers_stand_below_the_items() -> None:
    shown = shown_of(INVOICES["sale_together"])
    assert texts_at(shown, 64.0) == ["共同购买方", "证件类型", "证件号码"]
    assert texts_at(shown, 68.5) == ["李样例", "港澳居民来往内地通行证", "H00000000"]


def test_business_rows_of_a_tax_control_invoice_go_to_the_list() -> None:
    shown = shown_of(make_tax_control(special_business=make_transports(2)))
    assert {item.page for item in shown if item.text.startswith("鄂A")} == {2}
    assert [item.text for item in shown if item.page == 1 and "清单" in item.text] == ["（详见销货清单）"]
