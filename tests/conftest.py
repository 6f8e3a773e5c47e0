"""Fixtures that every test may ask for: real servers, and databases cloned from migrated templates."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from tests.helpers.databases import MakeDatabase, database_maker
from tests.helpers.servers import Server, close_run, open_run, shared_server

WHOLE_STACK = ("tests/e2e/", "tests/chaos/test_chaos_small.py")


settings.register_profile("thorough", max_examples=2000)


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        close_run()


class ByFile(LoadScopeScheduling):
    """A file's tests run in one process, so that what they share is made once; so do all that have a whole stack.

    (The markers that pytest-xdist 3.8 has for this do nothing with pytest 9.2.)
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "a whole stack" if path.startswith(WHOLE_STACK) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """`url` is the superuser's."""
    with shared_server("postgres") as server:
        yield server


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[Server]:
    """`url` is the bootstrap address; there are no topics yet: `deploy.local.topics.create_topics`."""
    with shared_server("kafka") as server:
        yield server


@pytest.fixture(scope="session")
def s3_server() -> Iterator[Server]:
    """`url` is the endpoint; keys are `tests.helpers.servers.ACCESS_KEY` and `PASSWORD`; there is no bucket yet."""
    with shared_server("s3") as server:
        yield server


@pytest.fixture
async def database(postgres_server: Server) -> AsyncIterator[MakeDatabase]:
    """`await database("invoice")`: a migrated database of that service for this test alone."""
    async with database_maker(postgres_server) as make:
        yield make
