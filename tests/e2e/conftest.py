"""One complete stack for every end-to-end test of a run."""

from collections.abc import Iterator

import pytest

from tests.helpers.stack import RunningStack, running_stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Real servers, all services, the gateway, bureau and mailbox; two tenants that can issue."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
