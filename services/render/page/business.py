"""What a page shows of a special business (特定业务): rows below the items, facts in the remarks.

Businesses of which an invoice names several (journeys, transports, co-buyers) have rows; one place or one building is
told in the remarks. Codes become the authority's words.
"""

from collections.abc import Iterator

from libs.common.contracts.special_business import (
    ConstructionDocument,
    FreightDocument,
    PassengerTransportDocument,
    RealEstateLeaseDocument,
    RealEstateSaleDocument,
    SpecialBusinessDocument,
)

_GOODS_BY = {
    "railway": "铁路",
    "road": "公路",
    "waterway": "水路",
    "air": "航空",
    "pipeline": "管道",
    "other": "其他",
}
_PEOPLE_BY = {
    "plane": "飞机",
    "train": "火车",
    "coach": "长途汽车",
    "public_transport": "公共交通",
    "taxi": "出租车",
    "car": "汽车",
    "ship": "船舶",
    "other": "其他",
}
_DOCUMENT_TYPES = {
    "201": "居民身份证",
    "208": "外国护照",
    "210": "港澳居民来往内地通行证",
    "213": "台湾居民来往大陆通行证",
    "227": "中国护照",
    "233": "外国人永久居留身份证",
    "237": "港澳居民居住证",
    "238": "台湾居民居住证",
}


def business_name(business: SpecialBusinessDocument | None) -> str:
    """The name of its block in a layout; empty for an ordinary invoice."""
    return "" if business is None else str(business.__struct_config__.tag)


def business_rows(business: SpecialBusinessDocument | None) -> list[dict[str, str]]:
    """Rows by the names of the block's columns."""
    match business:
        case FreightDocument(rows=transports):
            return [
                {
                    "transport": _GOODS_BY.get(row.transport, row.transport),
                    "vehicle_number": row.vehicle_number,
                    "origin": row.origin,
                    "destination": row.destination,
                    "goods": row.goods,
                }
                for row in transports
            ]
        case PassengerTransportDocument(rows=journeys):
            return [
                {
                    "traveller": row.traveller,
                    **_document(row.document_type, row.document_number),
                    "travel_date": row.travel_date,
                    "origin": row.origin,
                    "destination": row.destination,
                    "seat_class": row.seat_class,
                    "transport": _PEOPLE_BY.get(row.transport or "", row.transport or ""),
                }
                for row in journeys
            ]
        case RealEstateSaleDocument(co_buyers=buyers):
            return [
                {"co_buyer": row.name, **_document(row.document_type, row.document_number)} for row in buyers
            ]
    return []


def business_facts(business: SpecialBusinessDocument | None) -> Iterator[tuple[str, str]]:
    """Names and values for the remarks; a value may be empty."""
    match business:
        case ConstructionDocument():
            yield "建筑服务发生地", f"{business.place}{business.detailed_address}"
            yield "建筑项目名称", business.project_name
            yield "跨地（市）标志", _truth(business.is_cross_city)
            yield "跨区域涉税事项报验管理编号", business.management_number
            yield "土地增值税项目编号", business.land_tax_project_number
        case RealEstateSaleDocument():
            yield "不动产地址", business.address
            yield "产权证书号", business.title_number
            yield "面积单位", business.area_unit
            yield "跨地（市）标志", _truth(business.is_cross_city)
            yield "不动产单元代码/网签合同备案编号", business.unit_code
            yield "土地增值税项目编号", business.land_tax_project_number
            yield "核定计税价格", business.assessed_price or ""
            yield "实际成交含税金额", business.actual_price or ""
        case RealEstateLeaseDocument():
            yield "不动产地址", business.address
            yield "产权证书号", business.title_number
            yield "租赁期起止", f"{business.lease_from} 至 {business.lease_to}"
            yield "车牌号", business.license_plate
            yield "面积单位", business.area_unit
            yield "跨地（市）标志", _truth(business.is_cross_city)


def _document(kind: str, number: str) -> dict[str, str]:
    return {"document_type": _DOCUMENT_TYPES.get(kind, kind), "document_number": number}


def _truth(is_so: bool) -> str:
    return "是" if is_so else "否"
