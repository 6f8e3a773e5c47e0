"""`special_business` of a request: the form of each supported business; the domain refuses the others by name."""

import re
from typing import Annotated, Any, Literal

from pydantic import Field, GetCoreSchemaHandler, StrictBool
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from services.invoice.schemas.fields import Amount, Moment, StrictModel, Text

_PLACE = re.compile(r"[^\s-][^-]*(-[^\s-][^-]*){1,2}")
_MOST_ROWS = 2000

Name = Annotated[str, Text(100, is_required=True)]
Code = Annotated[str, Text(50, is_required=True)]
OptionalCode = Annotated[str, Text(50)]
Address = Annotated[str, Text(150, is_required=True)]
AreaUnit = Annotated[str, Text(22, is_required=True), Field(examples=["㎡", "亩"])]
# 居民身份证, 外国护照, 港澳通行证, 台湾通行证, 中国护照, 外国人永久居留证, 港澳居住证, 台湾居住证.
DocumentType = Literal["201", "208", "210", "213", "227", "233", "237", "238"]


class ConstructionRequest(StrictModel):
    """03 建筑服务. `management_number` (跨区域涉税事项报验管理编号) is required where `is_cross_city`."""

    type: Literal["construction"]
    place: Annotated[str, Text(120, is_required=True, pattern=_PLACE, code="place-format")]
    detailed_address: Annotated[str, Text(150)] = ""
    project_name: Name
    is_cross_city: StrictBool
    management_number: OptionalCode = ""
    land_tax_project_number: OptionalCode = ""


class FreightRowRequest(StrictModel):
    origin: Name
    destination: Name
    transport: Literal["railway", "road", "waterway", "air", "pipeline", "other"]
    vehicle_number: Code
    goods: Name


class FreightRequest(StrictModel):
    """04 货物运输, one row a transport."""

    type: Literal["freight"]
    rows: Annotated[list[FreightRowRequest], Field(min_length=1, max_length=_MOST_ROWS)]


class CoBuyerRequest(StrictModel):
    name: Name
    document_type: DocumentType
    document_number: Code


class RealEstateSaleRequest(StrictModel):
    """05 不动产销售. `unit_code` is 不动产单元代码 or 网签合同备案编号; `actual_price` contains tax."""

    type: Literal["real_estate_sale"]
    title_number: Code
    area_unit: AreaUnit
    address: Address
    is_cross_city: StrictBool
    unit_code: OptionalCode = ""
    land_tax_project_number: OptionalCode = ""
    assessed_price: Amount | None = None
    actual_price: Amount | None = None
    co_buyers: Annotated[list[CoBuyerRequest], Field(max_length=100, default_factory=list)]


class RealEstateLeaseRequest(StrictModel):
    """06 不动产经营租赁. Parking (3040502020200000000) states times to the minute and `license_plate`."""

    type: Literal["real_estate_lease"]
    address: Address
    title_number: Code
    lease_from: Annotated[str, Moment(minutes=True)]
    lease_to: Annotated[str, Moment(minutes=True)]
    is_cross_city: StrictBool
    area_unit: AreaUnit
    license_plate: Annotated[str, Text(20)] = ""


class JourneyRequest(StrictModel):
    """One traveller's journey. `seat_class` is required for plane, train and ship."""

    traveller: Name
    document_type: DocumentType
    document_number: Code
    travel_date: Annotated[str, Moment()]
    origin: Name
    destination: Name
    transport: (
        Literal["plane", "train", "coach", "public_transport", "taxi", "car", "ship", "other"] | None
    ) = None
    seat_class: Annotated[str, Text(20)] = ""


class PassengerTransportRequest(StrictModel):
    """09 旅客运输, one row a journey."""

    type: Literal["passenger_transport"]
    rows: Annotated[list[JourneyRequest], Field(min_length=1, max_length=_MOST_ROWS)]


AnyBusinessRequest = Annotated[
    ConstructionRequest
    | FreightRequest
    | RealEstateSaleRequest
    | RealEstateLeaseRequest
    | PassengerTransportRequest,
    Field(discriminator="type"),
]
_MODELS: dict[object, type[StrictModel]] = {
    "construction": ConstructionRequest,
    "freight": FreightRequest,
    "real_estate_sale": RealEstateSaleRequest,
    "real_estate_lease": RealEstateLeaseRequest,
    "passenger_transport": PassengerTransportRequest,
}


class SpecialBusinessField:
    """The fields as given, their form checked by the model of the type; another type passes to be refused by name."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        models = handler.generate_schema(AnyBusinessRequest)
        return core_schema.no_info_wrap_validator_function(self._parse, models)

    def _parse(self, value: object, _: object) -> dict[str, Any]:
        """By the model itself: the errors of a union would have the type in their pointers."""
        if not isinstance(value, dict):
            raise PydanticKnownError("dict_type")
        name = value.get("type")
        model = _MODELS.get(name) if isinstance(name, str) else None
        if model is None:
            return value
        return model.model_validate(value).model_dump(mode="json", exclude_unset=True)


SpecialBusinessRequest = Annotated[dict[str, Any], SpecialBusinessField()]
