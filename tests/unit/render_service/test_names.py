"""How a file is named in a header, and how recent an id is."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from libs.common.clock import utc_now
from libs.common.ids import new_id
from services.render.api.files import name_attachment
from services.render.domain import is_recent

pytestmark = pytest.mark.fast


def test_disposition_chinese_name_is_percent_encoded_with_an_ascii_fallback() -> None:
    expected = "attachment; filename=\"dzfp_1_2.pdf\"; filename*=UTF-8''dzfp_1_%E6%AD%A6_2.pdf"
    assert name_attachment("dzfp_1_武_2.pdf") == expected


@pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=9), timedelta(minutes=-9)])
def test_id_made_minutes_ago_is_recent(age: timedelta) -> None:
    assert is_recent(new_id(), utc_now() + age)


@pytest.mark.parametrize("invoice_id", [uuid4(), UUID(int=0), UUID(int=2**128 - 1)])
def test_id_without_time_is_never_recent(invoice_id: UUID) -> None:
    assert not is_recent(invoice_id, utc_now())


def test_id_of_an_hour_ago_is_not_recent() -> None:
    assert not is_recent(new_id(), utc_now() + timedelta(hours=1))
