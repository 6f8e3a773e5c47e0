"""File names as the bureau gives them."""

from datetime import UTC, datetime

import pytest

from libs.common.file_names import name_document

pytestmark = pytest.mark.fast

ISSUED_AT = datetime(2026, 11, 24, 18, 4, 5, tzinfo=UTC)


def test_file_name_has_number_seller_and_shanghai_time() -> None:
    name = name_document("26422000000000000001", "武汉晴川数码科技有限公司", ISSUED_AT, "pdf")
    assert name == "dzfp_26422000000000000001_武汉晴川数码科技有限公司_20261125020405.pdf"


def test_file_name_seller_with_path_characters_stays_one_name() -> None:
    assert name_document("1", '../a\\b:"c"', ISSUED_AT, "pdf") == "dzfp_1_.._a_b__c__20261125020405.pdf"


@pytest.mark.parametrize(
    ("seller", "expected"),
    [
        ('a/b\\c:d*e?f"g<h>i|j', "a_b_c_d_e_f_g_h_i_j"),
        ("..\r\n../etc", ".. .._etc"),
        ("长" * 100, "长" * 60),
    ],
)
def test_file_name_can_be_saved_anywhere(seller: str, expected: str) -> None:
    name = name_document("26422000000000000001", seller, ISSUED_AT, "pdf")
    assert name == f"dzfp_26422000000000000001_{expected}_20261125020405.pdf"
    assert len(name.encode()) <= 255
