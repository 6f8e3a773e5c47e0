"""Check digits and forms of taxpayer ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.invoice.domain.tax_ids import TaxIdForm, classify_tax_id
from tests.helpers.tax_ids import make_identity_card, make_tax_id

pytestmark = pytest.mark.fast

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize(
    ("tax_id", "form"),
    [
        ("9144030071526726XG", TaxIdForm.UNIFIED),
        ("914403001922038216", TaxIdForm.UNIFIED),
        ("91420100MA4K00002Y", TaxIdForm.UNIFIED),
        ("91420106MA4L123460", TaxIdForm.UNIFIED),
        ("91110108MA01KPGP0L", TaxIdForm.WRONG_CHECK_DIGIT),
        ("91110108MA01KPGP0Q", TaxIdForm.UNIFIED),
        ("9144030071526726Xg", TaxIdForm.MALFORMED),
        ("420100199001010003", TaxIdForm.IDENTITY_CARD),
        ("420100199001010004", TaxIdForm.WRONG_CHECK_DIGIT),
        ("420100199013010003", TaxIdForm.WRONG_CHECK_DIGIT),
        ("420106MA4L12346", TaxIdForm.OLDER),
        ("42010619850101234", TaxIdForm.OLDER),
        ("42010019900101000X01", TaxIdForm.OLDER),
        ("DB20240220YHCS1009", TaxIdForm.MALFORMED),
        ("９１４２０１００MA4K00002Y", TaxIdForm.MALFORMED),
        ("1234", TaxIdForm.MALFORMED),
        ("91420100MA4K00002Y\n", TaxIdForm.MALFORMED),
    ],
)
def test_tax_id_has_the_expected_form(tax_id: str, form: TaxIdForm) -> None:
    assert classify_tax_id(tax_id) is form


@given(st.integers(0, 31**5 - 1), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_tax_id_with_one_wrong_character_is_no_unified_code(seed: int, place: int, character: str) -> None:
    tax_id = make_tax_id(seed)
    assert classify_tax_id(tax_id) is TaxIdForm.UNIFIED
    wrong = tax_id[:place] + character + tax_id[place + 1 :]
    assert wrong == tax_id or classify_tax_id(wrong) is not TaxIdForm.UNIFIED


@given(st.integers(0, 999))
def test_identity_card_is_a_natural_person(seed: int) -> None:
    assert classify_tax_id(make_identity_card(seed)) in {TaxIdForm.IDENTITY_CARD, TaxIdForm.UNIFIED}


@given(st.text(max_size=25))
def test_any_text_has_a_form(text: str) -> None:
    assert classify_tax_id(text) in TaxIdForm
