"""The bureau's numbers, amounts and verdicts on an invoice alone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from sandbox.bureau.clock import Moment, make_moment, to_rfc3339
from sandbox.bureau.faults import MAGIC_WORDS, MagicFault, Mode, find_magic_fault
from sandbox.bureau.judgement import find_rejection
from sandbox.bureau.money import to_fen, to_text
from sandbox.bureau.numbers import Channel, has_year, make_prefix, region_of
from sandbox.bureau.rejections import REJECTIONS
from sandbox.bureau.schemas import Submission
from sandbox.serving.strict_json import convert

pytestmark = pytest.mark.fast

WUHAN = "91420100MA4K00002Y"


@pytest.mark.parametrize(
    ("seller", "region"),
    [
        (WUHAN, "42"),
        ("91330106MA2XXXXX0A", "33"),
        ("91440300192203821" + "6", "95"),  # 深圳, a separately planned city
        ("91350200MA2XXXXX0A", "94"),  # 厦门
        ("420100123456789", "42"),  # 15 characters: the area stands first
        ("DB20240220YHCS1009", "42"),  # a sandbox id without an area
        ("91990106MA2XXXXX0A", "42"),  # no such province
    ],
)
def test_region_of_seller_follows_area_of_its_id(seller: str, region: str) -> None:
    assert region_of(seller) == region


def test_prefix_for_each_channel_leaves_nine_digits_of_sequence() -> None:
    assert make_prefix(2026, Channel.LOCAL_BLOCKS, WUHAN, seller_ordinal=1) == "26427000001"
    assert make_prefix(2027, Channel.ASSIGNED_ON_ISSUE, WUHAN, seller_ordinal=17) == "27422000017"


def test_number_of_another_year_does_not_fit_the_issue_date() -> None:
    assert has_year("26427000001000000001", 2026)
    assert not has_year("26427000001000000001", 2027)


@given(st.integers(min_value=-(10**17) + 1, max_value=10**17 - 1))
def test_fen_written_and_read_is_the_same(fen: int) -> None:
    assert to_fen(to_text(fen)) == fen


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (-5, "-0.05"), (100500000008, "1005000000.08")])
def test_fen_written_has_two_decimals(fen: int, text: str) -> None:
    assert to_text(fen) == text


def test_negative_zero_read_is_zero() -> None:
    assert to_text(to_fen("-0.00")) == "0.00"


def make_submission(**changes: object) -> Submission:
    """A valid upload."""
    line = {
        "name": "*计算机外部设备*键盘",
        "tax_class_code": "1090511030000000000",
        "tax_rate": "0.13",
        "amount": "1038.00",
        "tax": "134.94",
        "amount_with_tax": "1172.94",
    }
    return convert(
        {
            "channel": "local_blocks",
            "seller": WUHAN,
            "serial": "s-1",
            "kind": "82",
            "number": "26427000001000000001",
            "issue_date": "2026-11-24",
            "buyer": {"name": "武汉云梦商贸有限公司"},
            "lines": [line],
            "totals": {"amount": "1038.00", "tax": "134.94", "amount_with_tax": "1172.94"},
        }
        | changes,
        Submission,
    )


def test_judgement_of_a_sound_invoice_finds_nothing() -> None:
    assert find_rejection(make_submission()) is None
    assert find_rejection(make_submission(kind="digital_special")) is None


@dataclass(frozen=True)
class Bad:
    """Changes that make an invoice unacceptable, and the code that says so."""

    code: str
    changes: dict[str, object]


@pytest.mark.parametrize(
    "bad",
    [
        Bad("kind-unknown", {"kind": "99"}),
        Bad("number-missing", {"number": None}),
        Bad("issue-date-missing", {"issue_date": None}),
        Bad("number-unexpected", {"channel": "assigned_on_issue"}),
        Bad("number-year-mismatch", {"issue_date": "2027-01-01"}),
        Bad(
            "totals-inconsistent",
            {"totals": {"amount": "1038.01", "tax": "134.93", "amount_with_tax": "1172.94"}},
        ),
        Bad(
            "totals-inconsistent",
            {"totals": {"amount": "1038.00", "tax": "134.94", "amount_with_tax": "1172.95"}},
        ),
    ],
    ids=lambda bad: bad.code,
)
def test_judgement_of_a_bad_invoice_names_the_rule(bad: Bad) -> None:
    assert find_rejection(make_submission(**bad.changes)) == bad.code
    assert bad.code in REJECTIONS


def test_judgement_of_a_line_that_does_not_add_up_rejects() -> None:
    invoice = make_submission()
    line = structs.replace(invoice.lines[0], amount_with_tax="1172.95")
    assert find_rejection(structs.replace(invoice, lines=[line])) == "totals-inconsistent"


def test_magic_words_cover_every_mode() -> None:
    assert set(MAGIC_WORDS.values()) == set(Mode)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("武汉沙箱-超时有限公司", MagicFault(Mode.TIMEOUT_AFTER_ACCEPT, 1)),
        ("沙箱-额度不足x3", MagicFault(Mode.QUOTA_REFUSED, 3)),
        ("沙箱-宕机×12公司", MagicFault(Mode.DOWN, 12)),
        ("武汉沙箱商贸有限公司", None),
    ],
)
def test_magic_word_in_a_name_is_found_with_its_count(name: str, fault: MagicFault | None) -> None:
    assert find_magic_fault(name) == fault


def test_moment_at_new_year_in_china_is_already_next_year() -> None:
    moment = Moment(datetime(2026, 12, 31, 16, 0, tzinfo=UTC), 0)
    assert (moment.year, moment.period) == (2027, "202701")
    assert to_rfc3339(moment.now) == "2026-12-31T16:00:00.000Z"


def test_moment_with_offset_moves_the_bureau_but_not_the_machine() -> None:
    plain, moved = make_moment(0), make_moment(86_400)
    assert moved.now - plain.now >= timedelta(days=1)
    assert moved.machine_millis - plain.machine_millis < 60_000
    assert make_submission().issue_date == date(2026, 11, 24)
