"""What all integration tests share."""

import pytest

from libs.common import db


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may hand out connections slowly; that a request is turned away for it is another test's matter."""
    monkeypatch.setattr(db, "ACQUIRE_SECONDS", 30.0)
