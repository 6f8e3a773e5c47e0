"""Special businesses (特定业务): the fields that each needs, and what of them the face shows.

Requests and answers carry them as JSON; `schemas/special_business.py` checks their form, this module their sense.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from libs.common.problems import FieldError
from services.invoice.domain.issue_invoice import RequestedLine
from services.invoice.domain.refusals import refuse
from services.invoice.domain.tax_ids import is_identity_card

POINTER = "/special_business"

# 车辆停放服务: leased by the minute, for a vehicle.
PARKING_CLASS = "3040502020200000000"
IDENTITY_CARD = "201"
WITH_SEAT_CLASS = frozenset({"plane", "train", "ship"})
_DAY_LENGTH = len("2026-11-24")


class Construction(Struct, frozen=True, kw_only=True, tag_field="type", tag="construction"):
    """03 建筑服务. `place` is 省-市-县; `management_number` the 跨区域涉税事项报验管理编号 of work in another city."""

    place: str
    project_name: str
    is_cross_city: bool
    detailed_address: str = ""
    management_number: str = ""


class FreightRow(Struct, frozen=True, kw_only=True):
    """One transport: from where to where, by what, and what was carried."""

    origin: str
    destination: str
    transport: str
    vehicle_number: str
    goods: str


class Freight(Struct, frozen=True, kw_only=True, tag_field="type", tag="freight"):
    """04 货物运输."""

    rows: tuple[FreightRow, ...]


class RealEstateSale(Struct, frozen=True, kw_only=True, tag_field="type", tag="real_estate_sale"):
    """05 不动产销售."""

    address: str
    is_cross_city: bool


class RealEstateLease(Struct, frozen=True, kw_only=True, tag_field="type", tag="real_estate_lease"):
    """06 不动产经营租赁. The period is given in days, for parking to the minute and with the vehicle's plate."""

    address: str
    is_cross_city: bool
    lease_from: str
    lease_to: str
    license_plate: str = ""


class Journey(Struct, frozen=True, kw_only=True):
    """One traveller's journey; `document_number` is personal data and stands nowhere but on the invoice."""

    document_type: str
    document_number: str
    transport: str | None = None
    seat_class: str = ""


class PassengerTransport(Struct, frozen=True, kw_only=True, tag_field="type", tag="passenger_transport"):
    """09 旅客运输."""

    rows: tuple[Journey, ...]


SpecialBusiness = Construction | Freight | RealEstateSale | RealEstateLease | PassengerTransport

SUPPORTED = ("construction", "freight", "real_estate_sale", "real_estate_lease", "passenger_transport")


def read_business(given: dict[str, Any] | None) -> SpecialBusiness | None:
    """The business whose form the schema has checked; None where there is none or none that is supported."""
    if given is None or given.get("type") not in SUPPORTED:
        return None
    business: SpecialBusiness = msgspec.convert(given, type=SpecialBusiness)
    return business


def check_business(business: SpecialBusiness, lines: Sequence[RequestedLine]) -> Iterator[FieldError]:
    """What the fields of a business owe to each other and to the lines."""
    match business:
        case Construction():
            if business.is_cross_city and not business.management_number:
                yield refuse(f"{POINTER}/management_number", "management-number-required")
        case RealEstateLease():
            is_parking = any(line.tax_class_code == PARKING_CLASS for line in lines)
            yield from _check_lease(business, is_parking=is_parking)
        case PassengerTransport():
            for index, journey in enumerate(business.rows):
                yield from _check_journey(journey, f"{POINTER}/rows/{index}")


def print_business(business: SpecialBusiness | None) -> str:
    """How the remarks begin: construction work and real estate in another city carry their address on the face."""
    match business:
        case Construction(is_cross_city=True):
            address = f"{business.place}{business.detailed_address}"
            return f"建筑服务发生地：{address}。建筑项目名称：{business.project_name}。"
        case RealEstateSale(is_cross_city=True) | RealEstateLease(is_cross_city=True):
            return f"不动产地址：{business.address}。"
    return ""


def _check_lease(lease: RealEstateLease, *, is_parking: bool) -> Iterator[FieldError]:
    code = "lease-needs-minutes" if is_parking else "lease-needs-days"
    period = {"lease_from": lease.lease_from, "lease_to": lease.lease_to}
    wrong = [name for name, text in period.items() if (len(text) > _DAY_LENGTH) is not is_parking]
    for name in wrong:
        yield refuse(f"{POINTER}/{name}", code)
    if not wrong and datetime.fromisoformat(lease.lease_to) < datetime.fromisoformat(lease.lease_from):
        yield refuse(f"{POINTER}/lease_to", "lease-ends-before-it-begins")
    if is_parking and not lease.license_plate:
        yield refuse(f"{POINTER}/license_plate", "license-plate-required")


def _check_journey(journey: Journey, pointer: str) -> Iterator[FieldError]:
    if journey.transport in WITH_SEAT_CLASS and not journey.seat_class:
        yield refuse(f"{pointer}/seat_class", "seat-class-required")
    if journey.document_type == IDENTITY_CARD and not is_identity_card(journey.document_number):
        yield refuse(f"{pointer}/document_number", "identity-card-number")
