"""Special businesses: what each requires, what its fields owe to each other, and what the face shows."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from libs.common.problem_answers import invalid_from
from libs.common.problems import Invalid
from services.invoice.domain.special_business import PARKING_CLASS
from tests.helpers.tax_ids import make_identity_card
from tests.unit.invoice.making import make_body, make_line, price, refusals_of

pytestmark = pytest.mark.fast

CONSTRUCTION = {
    "type": "construction",
    "place": "湖北省-武汉市-洪山区",
    "detailed_address": "珞喻路1号",
    "project_name": "晴川大厦",
    "is_cross_city": True,
    "management_number": "4201002026000123",
}
FREIGHT = {
    "type": "freight",
    "rows": [
        {
            "origin": "武汉市",
            "destination": "杭州市",
            "transport": "road",
            "vehicle_number": "鄂A12345",
            "goods": "键盘",
        }
    ],
}
SALE = {
    "type": "real_estate_sale",
    "title_number": "鄂（2026）武汉市不动产权第0000001号",
    "area_unit": "㎡",
    "address": "武汉市洪山区珞喻路1号",
    "is_cross_city": True,
    "actual_price": "1090000.00",
}
LEASE = {
    "type": "real_estate_lease",
    "address": "杭州市西湖区文三路9号",
    "title_number": "浙（2026）杭州市不动产权第0000001号",
    "lease_from": "2026-01-01",
    "lease_to": "2026-12-31",
    "is_cross_city": False,
    "area_unit": "㎡",
}
PARKING = {
    **LEASE,
    "lease_from": "2026-11-24 08:00",
    "lease_to": "2026-11-24 19:30",
    "license_plate": "鄂A12345",
}
JOURNEY = {
    "traveller": "张三",
    "document_type": "201",
    "document_number": make_identity_card(),
    "travel_date": "2026-11-20",
    "origin": "武汉",
    "destination": "杭州",
    "transport": "train",
    "seat_class": "二等座",
}
PASSENGERS = {"type": "passenger_transport", "rows": [JOURNEY]}
PARKING_LINE = make_line(tax_class_code=PARKING_CLASS, name="*经营租赁*车辆停放", amount="10.00")


def form_errors(business: dict[str, Any]) -> list[tuple[str, str]]:
    """Pointer and code of what the schema refuses."""
    with pytest.raises(ValidationError) as caught:
        price(make_body(special_business=business))
    errors = [{**error, "loc": ("body", *error["loc"])} for error in caught.value.errors()]
    return [(error.pointer, error.code) for error in invalid_from(errors).errors]


@pytest.mark.parametrize(
    ("business", "required"),
    [
        (CONSTRUCTION, ["place", "project_name", "is_cross_city"]),
        (FREIGHT, ["rows"]),
        (SALE, ["title_number", "area_unit", "address", "is_cross_city"]),
        (LEASE, ["address", "title_number", "lease_from", "lease_to", "is_cross_city", "area_unit"]),
        (PASSENGERS, ["rows"]),
    ],
)
def test_business_lacks_required_fields_each_is_named(business: dict[str, Any], required: list[str]) -> None:
    assert form_errors({"type": business["type"]}) == [
        (f"/special_business/{name}", "missing") for name in required
    ]


@pytest.mark.parametrize(
    ("row", "business", "required"),
    [
        (FREIGHT["rows"][0], FREIGHT, ["origin", "destination", "transport", "vehicle_number", "goods"]),
        (
            JOURNEY,
            PASSENGERS,
            ["traveller", "document_type", "document_number", "travel_date", "origin", "destination"],
        ),
    ],
)
def test_row_lacks_required_fields_each_is_named(
    row: dict[str, Any], business: dict[str, Any], required: list[str]
) -> None:
    assert form_errors({**business, "rows": [row, {}]}) == [
        (f"/special_business/rows/1/{name}", "missing") for name in required
    ]


@pytest.mark.parametrize(
    ("business", "pointer", "code"),
    [
        ({**CONSTRUCTION, "colour": "red"}, "/special_business/colour", "extra-forbidden"),
        ({**CONSTRUCTION, "place": "武汉"}, "/special_business/place", "place-format"),
        ({**CONSTRUCTION, "is_cross_city": "Y"}, "/special_business/is_cross_city", "bool-type"),
        ({**SALE, "address": " "}, "/special_business/address", "blank"),
        ({**SALE, "actual_price": 1.5}, "/special_business/actual_price", "not-a-decimal"),
        ({**LEASE, "lease_from": "2026-02-30"}, "/special_business/lease_from", "not-a-day-or-minute"),
        ({**FREIGHT, "rows": []}, "/special_business/rows", "too-short"),
        (
            {**PASSENGERS, "rows": [{**JOURNEY, "document_type": "999"}]},
            "/special_business/rows/0/document_type",
            "literal-error",
        ),
        (
            {**PASSENGERS, "rows": [{**JOURNEY, "travel_date": "2026-11-31"}]},
            "/special_business/rows/0/travel_date",
            "not-a-day",
        ),
        (
            {**PASSENGERS, "rows": [{**JOURNEY, "traveller": "张\u200b三"}]},
            "/special_business/rows/0/traveller",
            "unprintable-character",
        ),
    ],
)
def test_field_of_wrong_form_is_refused_at_its_place(
    business: dict[str, Any], pointer: str, code: str
) -> None:
    assert form_errors(business) == [(pointer, code)]


@pytest.mark.parametrize(
    ("business", "pointer", "code"),
    [
        ({**CONSTRUCTION, "management_number": ""}, "management_number", "management-number-required"),
        ({**LEASE, "lease_to": "2025-12-31"}, "lease_to", "lease-ends-before-it-begins"),
        ({**LEASE, "lease_to": "2026-12-31 10:00"}, "lease_to", "lease-needs-days"),
        ({**PASSENGERS, "rows": [{**JOURNEY, "seat_class": ""}]}, "rows/0/seat_class", "seat-class-required"),
        (
            {**PASSENGERS, "rows": [{**JOURNEY, "document_number": "11010119900307123X"}]},
            "rows/0/document_number",
            "identity-card-number",
        ),
        ({"type": "toll"}, "", "special-business-not-supported"),
        ({"type": ["freight"]}, "", "special-business-not-supported"),
    ],
)
def test_business_whose_fields_disagree_is_refused(business: dict[str, Any], pointer: str, code: str) -> None:
    place = f"/special_business/{pointer}" if pointer else "/special_business"
    assert refusals_of(make_body(special_business=business)) == [(place, code)]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"license_plate": ""}, "license_plate", "license-plate-required"),
        ({"lease_from": "2026-11-24"}, "lease_from", "lease-needs-minutes"),
        ({"lease_to": "2026-11-24 07:59"}, "lease_to", "lease-ends-before-it-begins"),
    ],
)
def test_parking_needs_minutes_and_plate(changes: dict[str, Any], pointer: str, code: str) -> None:
    body = make_body(PARKING_LINE, special_business={**PARKING, **changes})
    assert refusals_of(body) == [(f"/special_business/{pointer}", code)]


@pytest.mark.parametrize(
    "business",
    [
        CONSTRUCTION,
        {**CONSTRUCTION, "is_cross_city": False, "management_number": ""},
        FREIGHT,
        SALE,
        LEASE,
        PASSENGERS,
        {**PASSENGERS, "rows": [{**JOURNEY, "transport": "coach", "seat_class": ""}]},
        {**PASSENGERS, "rows": [{**JOURNEY, "transport": None}]},
        {**SALE, "assessed_price": None, "co_buyers": []},
        {**PASSENGERS, "rows": [{**JOURNEY, "document_type": "227", "document_number": "E00000000"}]},
    ],
)
def test_business_is_kept_as_given(business: dict[str, Any]) -> None:
    assert price(make_body(special_business=business)).command.special_business == business


def test_parking_lease_is_accepted() -> None:
    assert price(make_body(PARKING_LINE, special_business=PARKING)).command.special_business == PARKING


@pytest.mark.parametrize(
    ("business", "beginning"),
    [
        (CONSTRUCTION, "建筑服务发生地：湖北省-武汉市-洪山区珞喻路1号。建筑项目名称：晴川大厦。"),
        ({**CONSTRUCTION, "is_cross_city": False}, ""),
        (SALE, "不动产地址：武汉市洪山区珞喻路1号。"),
        ({**LEASE, "is_cross_city": True}, "不动产地址：杭州市西湖区文三路9号。"),
        (LEASE, ""),
        (PASSENGERS, ""),
    ],
)
def test_business_in_another_city_begins_the_remarks_with_its_address(
    business: dict[str, Any], beginning: str
) -> None:
    assert price(make_body(special_business=business, remarks="合同1号")).remarks == f"{beginning}合同1号"


def test_remarks_that_the_address_makes_too_long_are_refused() -> None:
    body = make_body(special_business=SALE, remarks="长" * 450)
    assert refusals_of(body) == [("/remarks", "remarks-too-long")]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=20)
    | st.sampled_from(["", "2026-11-24", "201"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([CONSTRUCTION, FREIGHT, SALE, LEASE, PARKING, PASSENGERS, {}]), st.data())
def test_any_value_in_any_field_is_accepted_or_refused_as_a_problem(
    business: dict[str, Any], data: st.DataObject
) -> None:
    """Nothing that a client sends may fail in another way."""
    changed = {**business}
    rows = changed.get("rows")
    if rows and data.draw(st.booleans()):
        changed["rows"] = [{**rows[0], data.draw(st.sampled_from(sorted(rows[0]))): data.draw(JSON)}]
    else:
        changed[data.draw(st.sampled_from([*sorted(business), "type"]))] = data.draw(JSON)
    with suppress(ValidationError, Invalid):
        price(make_body(special_business=changed))
