"""Fixtures that every test may ask for: real servers, and databases cloned from migrated templates."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.helpers.databases import MakeDatabase, database_maker
from tests.helpers.servers import Server, close_run, open_run, shared_server


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        open_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        close_run()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file's tests run in one process, so that what they share is made once; marked groups stay together."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(str(item.path)))


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
