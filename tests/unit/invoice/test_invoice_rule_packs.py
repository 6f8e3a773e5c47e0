"""Reference data: complete for every kind, policy and mark, dated, and spoken in two languages."""

import ast
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from jsonschema import Draft202012Validator

from libs.common.problems import Invalid
from services.invoice.data.rule_packs import list_rule_packs, rule_pack
from services.invoice.domain import refusals
from services.invoice.domain.kinds import CHECKED, ENTITLEMENTS, STOCKED, InvoiceKind, Medium
from services.invoice.domain.pricing import price_invoice
from services.invoice.domain.rules import Policy, ZeroRate
from services.invoice.domain.tax_classes import find_short_name
from services.invoice.schemas.issue_invoice import IssueInvoiceRequest
from tests.unit.invoice.making import RULES, make_body, make_line

pytestmark = pytest.mark.fast

SERVICE = Path(refusals.__file__).parents[1]
DATA = SERVICE / "data"


def test_pack_knows_every_kind_policy_and_mark() -> None:
    assert set(RULES.kinds) == set(InvoiceKind)
    assert set(RULES.policies) == set(Policy)
    assert set(RULES.zero_rates) == set(ZeroRate)


def test_policies_have_the_bureau_codes_01_to_20() -> None:
    assert [rule.code for rule in RULES.policies.values()] == [f"{code:02}" for code in range(1, 21)]


@pytest.mark.parametrize("kind", InvoiceKind)
def test_kind_is_issuable_or_says_why_not(kind: InvoiceKind) -> None:
    entry = RULES.kinds[kind]
    assert entry.is_issuable == (kind in ENTITLEMENTS)
    assert entry.is_issuable != all([entry.reason_code, entry.reason, entry.reason_zh])
    assert not (entry.is_voidable and entry.medium in {Medium.DIGITAL, Medium.TAX_CONTROL})


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        (InvoiceKind.DIGITAL_SPECIAL, ("81", "01", "81", "bs", "01", "31", "31")),
        (InvoiceKind.DIGITAL_ORDINARY, ("82", "02", "82", "pc", "02", "32", "32")),
        (InvoiceKind.PAPER_SPECIAL, ("01", None, "004", "s", "004", "4", "01")),
        (InvoiceKind.PAPER_ORDINARY, ("04", None, "007", "c", "007", "3", "04")),
        (InvoiceKind.ROLL_ORDINARY, ("11", None, "025", "r", "025", None, "11")),
        (InvoiceKind.TOLL, ("14", None, "027", None, None, None, "14")),
        (InvoiceKind.TAX_CONTROL_SPECIAL, ("08", None, "028", "b", "028", "2", "20")),
        (InvoiceKind.TAX_CONTROL_ORDINARY, ("10", None, "026", "p", "026", "1", "10")),
        (InvoiceKind.MOTOR_VEHICLE, ("03", None, "005", "j", "005", "5", "03")),
        (InvoiceKind.USED_VEHICLE, ("15", None, "006", "u", "006", "15", "15")),
        (InvoiceKind.DIGITAL_PAPER_SPECIAL, ("85", "01", "85", "es", None, "33", None)),
        (InvoiceKind.DIGITAL_PAPER_ORDINARY, ("86", "02", "86", "ec", None, "34", None)),
    ],
)
def test_kind_has_its_code_in_every_family(kind: InvoiceKind, codes: tuple[str | None, ...]) -> None:
    found = RULES.kinds[kind].codes
    assert (
        found.bureau,
        found.leqi,
        found.tax_control,
        found.nuonuo,
        found.baiwang,
        found.yonbip,
        found.qr,
    ) == codes


@pytest.mark.parametrize("kind", InvoiceKind)
def test_kind_that_is_issued_has_the_numbers_of_its_form(kind: InvoiceKind) -> None:
    entry = RULES.kinds[kind]
    if entry.is_issuable:
        assert (kind in STOCKED) == (entry.number_form in {"10+8", "12+8"})
        assert (kind in CHECKED) == (kind in STOCKED and not entry.is_special)
        assert entry.codes.qr is not None


def test_kinds_have_distinct_bureau_codes() -> None:
    assert len({entry.codes.bureau for entry in RULES.kinds.values()}) == len(RULES.kinds)


def test_reduced_rates_of_small_taxpayers_end_with_2027() -> None:
    assert Decimal("0.01") in rule_pack(date(2027, 12, 31)).rates
    assert Decimal("0.01") not in rule_pack(date(2028, 1, 1)).rates
    assert Decimal("0.13") in rule_pack(date(2028, 1, 1)).rates


@pytest.mark.parametrize(
    ("day", "pack"),
    [
        (date(2020, 1, 1), "2025-01-01"),
        (date(2025, 12, 31), "2025-01-01"),
        (date(2026, 1, 1), "2026-01-01"),
        (date(2027, 12, 31), "2026-01-01"),
        (date(2028, 1, 1), "2028-01-01"),
        (date(2099, 1, 1), "2028-01-01"),
    ],
)
def test_pack_of_a_day_is_the_newest_that_is_in_force(day: date, pack: str) -> None:
    assert rule_pack(day).id == pack


def test_policy_that_came_with_the_vat_law_is_refused_before() -> None:
    line = make_line(tax_rate="0.015", policy="simplified_3_reduced_1_5", amount="1030.00", tax_included=True)
    command = IssueInvoiceRequest.model_validate(make_body(line)).to_domain()
    assert price_invoice(command, rule_pack(date(2026, 1, 1))).totals.tax == Decimal("15.00")
    with pytest.raises(Invalid) as refused:
        price_invoice(command, rule_pack(date(2025, 12, 31)))
    assert [(e.pointer, e.code) for e in refused.value.errors] == [
        ("/lines/0/policy", "policy-not-available")
    ]


@pytest.mark.parametrize("pack", list_rule_packs())
def test_pack_satisfies_its_schema(pack: str) -> None:
    rules = json.loads((DATA / pack / "rules.json").read_text("utf-8"))
    Draft202012Validator(json.loads((DATA / "rules.schema.json").read_text("utf-8"))).validate(rules)
    companions = json.loads((DATA / "companions.schema.json").read_text("utf-8"))
    for name in companions["$defs"].keys() - {"text"}:
        path = DATA / pack / f"{name}.json"
        if path.exists():
            schema = {**companions, "$ref": f"#/$defs/{name}"}
            Draft202012Validator(schema).validate(json.loads(path.read_text("utf-8")))
    assert date.fromisoformat(pack).isoformat() == pack
    assert rules.get("like") in {None, *list_rule_packs()}


@pytest.mark.parametrize("pack", list_rule_packs())
def test_doubts_of_a_pack_lead_to_something_in_it(pack: str) -> None:
    rules = json.loads((DATA / pack / "rules.json").read_text("utf-8"))
    for doubt in rules["uncertain"]:
        found = rules
        for part in doubt["pointer"].removeprefix("/").split("/"):
            found = found[int(part)] if isinstance(found, list) else found[part]
        assert found


@pytest.mark.parametrize(
    ("code", "short_name"),
    [
        ("1010101070000000000", "谷物"),
        ("3070401000000000000", "餐饮服务"),
        ("3040105000000000000", "研发和技术服务"),
        ("3040201030000000000", "软件维护服务"),
        ("1100301030000000000", "水冰雪"),
        ("1020101000000000000", "煤炭"),
        ("3040203990000000000", "信息技术服务"),
        ("5010000000000000000", "不动产"),
    ],
)
def test_class_has_its_short_name_or_that_of_the_class_above(code: str, short_name: str) -> None:
    assert find_short_name(code, RULES.short_names) == short_name


def test_class_that_nothing_is_above_has_no_short_name() -> None:
    assert find_short_name("1010101070000000000", {}) is None


def test_every_refusal_has_two_texts_with_the_same_values() -> None:
    for code, (text, text_zh) in refusals.TEXTS.items():
        fields = [{name for _, name, _, _ in Formatter().parse(each) if name} for each in (text, text_zh)]
        assert {field.split(".")[0] for field in fields[0]} == {field.split(".")[0] for field in fields[1]}, (
            code
        )


def test_every_refusal_is_used_and_every_used_code_has_a_text() -> None:
    words = {
        node.value
        for folder in ("domain", "schemas", "queries")
        for path in SERVICE.glob(f"{folder}/*.py")
        if path.name != "refusals.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(refusals.TEXTS) <= words
