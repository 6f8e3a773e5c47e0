"""For how long a tenant's documents are kept, over HTTP."""

from collections.abc import AsyncIterator

import pytest

from libs.common.ids import TenantId, new_id
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Client, open_client
from tests.helpers.servers import Server

pytestmark = pytest.mark.s3

PATH = "/v1/archive/retention"


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


async def test_retention_of_a_new_tenant_is_thirty_years_with_what_may_be_chosen(client: Client) -> None:
    answer = (await client.get(PATH)).json
    assert (answer["years"], answer["choices"]) == (30, [])
    assert [term["years"] for term in answer["offered"]] == [5, 10, 30]
    assert "79" in answer["offered"][2]["basis_zh"]


async def test_retention_chosen_holds_for_the_tenant_alone_and_is_kept_with_who_chose_it(
    client: Client,
) -> None:
    stranger = await grant_api_key(client.worker.pool, TenantId(new_id()))
    for years in (10, 5):
        assert (await client.ask("PUT", PATH, json={"years": years})).status == 200
    answer = (await client.get(PATH)).json
    assert answer["years"] == 5
    assert [choice["years"] for choice in answer["choices"]] == [5, 10]
    assert answer["choices"][0]["actor"].startswith("api_key:")
    assert (await client.get(PATH, stranger)).json["years"] == 30


@pytest.mark.parametrize("years", [0, 7, -5, 100, "10", 10.5, None, 10**30])
async def test_retention_that_is_not_offered_is_refused(client: Client, years: object) -> None:
    answer = await client.ask("PUT", PATH, json={"years": years})
    assert answer.status == 422


async def test_retention_is_chosen_by_owners(client: Client) -> None:
    reader = await grant_api_key(client.worker.pool, client.tenant, scopes=["document:read"])
    assert (await client.get(PATH, reader)).status == 200
    assert (await client.ask("PUT", PATH, json={"years": 10}, secret=reader)).status == 403
