"""Invoices of special businesses and of the tax-control kinds, as the API answers them."""

from typing import Any

from tests.unit.render.samples import BUYER, LONG_NAME, SELLER, make_invoice, make_line

CHECK_CODE = "12345678901234567890"
CODE = "042002600111"
JOURNEY = {
    "traveller": "张样例",
    "document_type": "201",
    "document_number": "42010019900101001X",
    "travel_date": "2026-11-20",
    "origin": "武汉",
    "destination": "杭州",
    "transport": "train",
    "seat_class": "二等座",
}
TRANSPORT = {
    "origin": "湖北省武汉市洪山区",
    "destination": "浙江省杭州市西湖区",
    "transport": "road",
    "vehicle_number": "鄂A00000",
    "goods": "计算机外部设备",
}
CONSTRUCTION = {
    "type": "construction",
    "place": "湖北省-武汉市-洪山区",
    "detailed_address": "珞喻路千号",
    "project_name": "晴川样例研发楼一期",
    "is_cross_city": True,
    "management_number": "42010026110001",
    "land_tax_project_number": "TZ-0001",
}
SALE = {
    "type": "real_estate_sale",
    "title_number": "鄂（2026）武汉市样例不动产权第0000001号",
    "area_unit": "㎡",
    "address": "湖北省武汉市洪山区珞喻路千号一栋101室",
    "is_cross_city": False,
    "unit_code": "420111000000GB00000F00000001",
    "assessed_price": "1090000.00",
    "actual_price": "1090000.00",
}
CO_BUYER = {"name": "李样例", "document_type": "210", "document_number": "H00000000"}
LEASE = {
    "type": "real_estate_lease",
    "address": "湖北省武汉市洪山区珞喻路千号地下车库",
    "title_number": "鄂（2026）武汉市样例不动产权第0000002号",
    "lease_from": "2026-11-24 08:30",
    "lease_to": "2026-11-24 18:00",
    "is_cross_city": True,
    "area_unit": "㎡",
    "license_plate": "鄂A00001",
}


def make_journeys(count: int) -> dict[str, Any]:
    """Passenger transport with so many journeys, the plainest being one by taxi."""
    rows = [JOURNEY | {"traveller": f"乘客{n}", "destination": f"第{n}站"} for n in range(1, count)]
    last = {key: JOURNEY[key] for key in JOURNEY if key not in {"transport", "seat_class"}}
    return {"type": "passenger_transport", "rows": [*rows, last | {"document_type": "208"}]}


def make_transports(count: int) -> dict[str, Any]:
    """Freight with so many transports."""
    return {
        "type": "freight",
        "rows": [TRANSPORT | {"vehicle_number": f"鄂A{n:05}"} for n in range(1, count + 1)],
    }


def business_invoices() -> dict[str, dict[str, Any]]:
    """Every special business, with one row and with many, and with the longest values that are accepted."""
    long = dict.fromkeys(("traveller", "origin", "destination"), "长" * 99 + "终")
    return {
        "construction": make_invoice(
            make_line("*建筑服务*工程款", unit="项"),
            special_business=CONSTRUCTION,
            remarks="建筑服务发生地：湖北省-武汉市-洪山区珞喻路千号。建筑项目名称：晴川样例研发楼一期。进度款",
        ),
        "freight": make_invoice(
            make_line("*运输服务*公路货物运输"), special_business=make_transports(2), remarks="合同一号"
        ),
        "freight_many": make_invoice(
            make_line("*运输服务*公路货物运输"),
            make_line("*运输服务*装卸"),
            special_business=make_transports(19),
        ),
        "sale": make_invoice(make_line("*不动产*住宅", unit="㎡"), special_business=SALE),
        "sale_together": make_invoice(
            make_line("*不动产*住宅", unit="㎡"), special_business=SALE | {"co_buyers": [CO_BUYER] * 2}
        ),
        "lease": make_invoice(
            make_line("*经营租赁*车辆停放服务"),
            special_business=LEASE,
            remarks=f"不动产地址：{LEASE['address']}。",
        ),
        "passengers": make_invoice(make_line("*运输服务*客运服务费"), special_business=make_journeys(3)),
        "passengers_many": make_invoice(
            *(make_line(f"*运输服务*客运服务费{n}") for n in range(7)), special_business=make_journeys(12)
        ),
        "passengers_long": make_invoice(
            make_line("*运输服务*客运服务费"),
            special_business={
                "type": "passenger_transport",
                "rows": [
                    JOURNEY | long | {"document_number": "X" * 49 + "Z", "seat_class": "级" * 19 + "终"}
                ],
            },
        ),
    }


def make_tax_control(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An electronic ordinary invoice of the tax-control system."""
    invoice = {
        "kind": "tax_control_ordinary",
        "code": CODE,
        "number": "00000001",
        "check_code": CHECK_CODE,
        "qr_text": f"01,10,{CODE},00000001,1038.00,20261124,{CHECK_CODE},61CE",
        "payee": "王五",
        "reviewer": "李四",
    }
    return make_invoice(*lines, **invoice | changes)


def tax_control_invoices() -> dict[str, dict[str, Any]]:
    """Every tax-control kind, and one invoice for each thing that is hard to print on its form."""
    paper = {
        "code": "4200261130",
        "check_code": None,
        "qr_text": "01,01,4200261130,00000001,1038.00,20261124,,61CE",
    }
    many = [make_line(f"*计算机外部设备*键盘{n}", line_no=n) for n in range(1, 61)]
    return {
        "ordinary": make_tax_control(remarks="合同编号 HT-2026-77"),
        "special": make_tax_control(kind="tax_control_special", check_code=None),
        "paper_special": make_tax_control(kind="paper_special", **paper),
        "paper_ordinary": make_tax_control(
            *(make_line(f"*计算机外部设备*键盘{n}") for n in range(8)), kind="paper_ordinary"
        ),
        "red": make_tax_control(
            make_line(quantity="-12", amount="-1038.00", printed_tax="-134.94"),
            red={"blue_code": CODE, "blue_number": "00000009", "confirmation_number": "420100261100000001"},
            totals={
                "amount": "-1038.00",
                "tax": "-134.94",
                "amount_with_tax": "-1172.94",
                "amount_with_tax_words": "（负数）壹仟壹佰柒拾贰圆玖角肆分",
            },
        ),
        "listed": make_tax_control(*many, remarks="详见清单"),
        "long": make_tax_control(
            make_line(
                "*软件维护服务*" + "长" * 99 + "终", specification="规" * 39 + "终", unit="位" * 21 + "终"
            ),
            remarks="备" * 449 + "终",
            seller=SELLER | {"name": LONG_NAME, "address": "址" * 149 + "终", "bank_name": "行" * 99 + "终"},
            buyer=BUYER | {"name": "长" * 99 + "终", "address": "址" * 149 + "终", "phone": "1" * 30},
            payee="收" * 20,
            reviewer="复" * 20,
            drawer="开" * 20,
        ),
        "voided": make_tax_control(kind="paper_ordinary", mark="voided"),
        "exempt": make_tax_control(make_line(printed_rate="免税", printed_tax="***")),
        "freight_listed": make_tax_control(special_business=make_transports(2)),
        "construction_taxed": make_tax_control(special_business=CONSTRUCTION),
    }
