"""What is told, and when it is rather not told. Pure."""

import pytest

from services.render.verification.errors import QrTextDamaged
from services.render.verification.question import Question, compare_facts, crc16, read_qr
from services.render.verification.readers import Difference
from services.render.verification.tries import MOST_NUMBERS, MOST_WRONG, SECONDS, Tries
from services.render.verification.verdict import Finding, decide, is_evident, least_altered
from tests.unit.render.kind_samples import make_tax_control
from tests.unit.render.samples import make_invoice

pytestmark = pytest.mark.fast


def differing(*pointers: str) -> list[Difference]:
    return [Difference(pointer, "face") for pointer in pointers]


@pytest.mark.parametrize(
    ("pointers", "status", "reversal", "verdict"),
    [
        ((), "issued", "none", "match"),
        ((), "issued", "partial", "reversed"),
        ((), "issued", "full", "reversed"),
        ((), "voided", "none", "reversed"),
        (("/drawer",), "issued", "none", "altered"),
        (("/drawer",), "voided", "full", "altered"),
    ],
)
def test_verdict_is_altered_before_it_is_reversed(
    pointers: tuple[str, ...], status: str, reversal: str, verdict: str
) -> None:
    assert decide(differing(*pointers), status=status, reversal=reversal) == verdict


@pytest.mark.parametrize(
    ("pointers", "expected"),
    [
        ((), True),
        (("/totals/amount_with_tax", "/totals/amount", "/lines/0/amount"), True),
        (("/buyer/name", "/buyer/tax_id", "/drawer"), True),
        (("/buyer/name", "/totals/amount"), False),
        (("/seller/tax_id", "/issue_date"), False),
    ],
)
def test_file_is_believed_to_be_a_copy_with_three_facts_of_four(
    pointers: tuple[str, ...], expected: bool
) -> None:
    assert is_evident(differing(*pointers)) is expected


@pytest.mark.parametrize(
    ("shown", "pointers", "expected"),
    [
        (("/issue_date", "/totals/amount_with_tax"), ("/totals/amount_with_tax",), True),
        (("/issue_date", "/totals/amount_with_tax"), ("/issue_date",), True),
        (("/issue_date", "/totals/amount_with_tax"), ("/issue_date", "/totals/amount_with_tax"), False),
        (("/issue_date", "/check_code", "/seller/name"), ("/issue_date", "/check_code"), False),
        (("/kind",), (), False),
    ],
)
def test_question_is_answered_with_half_of_what_it_shows(
    shown: tuple[str, ...], pointers: tuple[str, ...], expected: bool
) -> None:
    assert is_evident(differing(*pointers), shown) is expected


def test_version_with_the_fewest_differences_is_the_one_that_was_altered() -> None:
    findings = [
        Finding(3, differing("/page", "/drawer")),
        Finding(2, differing("/drawer")),
        Finding(1, differing("/x")),
    ]
    assert least_altered(findings).version == 2


def test_wrong_questions_about_a_number_are_told_so_often_a_day() -> None:
    now = 0.0
    tries = Tries(lambda: now)
    told = [tries.count_wrong("", "1") for _ in range(MOST_WRONG + 5)]
    assert told == [True] * MOST_WRONG + [False] * 5
    assert tries.count_wrong("", "2")
    now = SECONDS + 1
    assert tries.count_wrong("", "1")


def test_tries_take_bounded_memory() -> None:
    tries = Tries()
    for number in range(MOST_NUMBERS + 100):
        tries.count_wrong("", str(number))
    assert len(tries._wrong) == MOST_NUMBERS


# From public invoices and vendors' samples.
QR_TEXTS = [
    ("01,31,,24112000000048542163,4449.00,20240528,,B2B6", "31", "/totals/amount_with_tax"),
    (
        "01,10,050001700111,99999951,300.00,20201010,14754822929856772523,E400",
        "10",
        "/totals/amount",
    ),
    ("01,32,,26422000000000000001,100.00,20260101,,2b02", "32", "/totals/amount_with_tax"),
    (
        "01,10,042002500111,00000001,88.50,20250630,12345678901234567890,61CE,",
        "10",
        "/totals/amount",
    ),
]


@pytest.mark.parametrize(("text", "kind", "amount"), QR_TEXTS)
def test_qr_text_is_read_with_its_checksum(text: str, kind: str, amount: str) -> None:
    question = read_qr(f" {text}\n")
    fields = text.split(",")
    assert (question.code, question.number) == (fields[2], fields[3])
    assert (question.facts["/kind"], question.facts[amount]) == (kind, fields[4])
    with pytest.raises(QrTextDamaged):
        read_qr(text.replace(fields[4], "1.00"))


@pytest.mark.parametrize(
    "text", ["", "x" * 200, "https://example.cn", "01,32,,1,1.00,20260101,,0000", "０１,32,,,,,,"]
)
def test_qr_text_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(QrTextDamaged):
        read_qr(text)


def test_facts_of_a_tax_control_invoice_go_by_the_end_of_the_check_code() -> None:
    invoice = make_tax_control()
    right = {
        "/check_code": invoice["check_code"][-6:],
        "/totals/amount": "1038.0",
        "/issue_date": "2026-11-24",
    }
    assert compare_facts(Question("facts", "", "", right), invoice) == []
    assert compare_facts(Question("facts", "", "", {"/check_code": ""}), make_invoice())
    assert compare_facts(Question("qr", "", "", {"/kind": "10"}), invoice) == []
    wrong = compare_facts(Question("facts", "", "", right | {"/totals/amount": "1038.01"}), invoice)
    assert wrong == [Difference("/totals/amount", "content")]
    assert crc16("123456789") == "FEE8"
