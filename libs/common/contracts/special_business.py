"""特定业务: what an invoice of construction, freight, real estate or passenger transport says beside its lines.

Texts are as the caller gave them, empty where nothing was; days are `2026-11-24`, moments `2026-11-24 08:30`.
"""

from typing import TypeAlias

import msgspec


class ConstructionDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="construction"):
    """03 建筑服务. `place` is 省-市-县; `management_number` the 跨区域涉税事项报验管理编号 of work in another city."""

    place: str
    project_name: str
    is_cross_city: bool
    detailed_address: str = ""
    management_number: str = ""
    land_tax_project_number: str = ""


class TransportDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One transport of goods; `transport` is railway, road, waterway, air, pipeline or other."""

    origin: str
    destination: str
    transport: str
    vehicle_number: str
    goods: str


class FreightDocument(msgspec.Struct, frozen=True, kw_only=True, tag="freight"):
    """04 货物运输."""

    rows: tuple[TransportDocument, ...]


class CoBuyerDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Who buys together with the buyer; `document_type` is the authority's code, 201 an identity card."""

    name: str
    document_type: str
    document_number: str


class RealEstateSaleDocument(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="real_estate_sale"
):
    """05 不动产销售. `unit_code` is 不动产单元代码 or 网签合同备案编号; `actual_price` contains tax."""

    title_number: str
    area_unit: str
    address: str
    is_cross_city: bool
    unit_code: str = ""
    land_tax_project_number: str = ""
    assessed_price: str | None = None
    actual_price: str | None = None
    co_buyers: tuple[CoBuyerDocument, ...] = ()


class RealEstateLeaseDocument(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="real_estate_lease"
):
    """06 不动产经营租赁. The period is in days, for parking to the minute and with the vehicle's plate."""

    address: str
    title_number: str
    lease_from: str
    lease_to: str
    is_cross_city: bool
    area_unit: str
    license_plate: str = ""


class JourneyDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One traveller's journey; `document_number` is personal data and stands nowhere but on the invoice."""

    traveller: str
    document_type: str
    document_number: str
    travel_date: str
    origin: str
    destination: str
    transport: str | None = None
    seat_class: str = ""


class PassengerTransportDocument(msgspec.Struct, frozen=True, kw_only=True, tag="passenger_transport"):
    """09 旅客运输."""

    rows: tuple[JourneyDocument, ...]


SpecialBusinessDocument: TypeAlias = (
    ConstructionDocument
    | FreightDocument
    | RealEstateSaleDocument
    | RealEstateLeaseDocument
    | PassengerTransportDocument
)
