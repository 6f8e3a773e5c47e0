"""Seals as clients and consumers get them: one signature over all documents of an invoice that are ready."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

from clients.verify.envelope import DOCUMENTS, open_envelope, read_keys
from services.render.drawing import DRAWERS
from services.render.seal import Sealer, read_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Client, open_client
from tests.helpers.rendering import PDF, SEAL_KEY, Issued, issue, make_settings
from tests.helpers.servers import Server
from tests.unit.render.kind_samples import CODE, make_tax_control

pytestmark = pytest.mark.s3

BOTH = {name: DRAWERS[name] for name in ("xml", "pdf")}
KEYS = read_keys({"keys": [Sealer(read_key(SEAL_KEY)).public_key.as_jwk()]})
LOAD_SEALS = """
select payload from outbox where subject = $1 and type = 'render.documents_ready.v1' order by sequence
"""


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


async def fetch_manifest(client: Client, issued: Issued) -> Any:
    return (await client.get(f"/v1/invoices/{issued.id}/documents")).json


async def load_seals(client: Client, invoice: UUID) -> list[Any]:
    return [json.loads(row["payload"])["seal"] for row in await client.worker.fetch(LOAD_SEALS, invoice)]


async def test_manifest_is_sealed_over_every_ready_document(client: Client) -> None:
    issued = await client.rendered(BOTH)
    answer = await fetch_manifest(client, issued)
    sealed = open_envelope(answer["manifest"], DOCUMENTS, KEYS).content
    names = ("format", "version", "sha256", "size")
    listed = [{name: item[name] for name in names} for item in answer["items"]]
    assert sealed["documents"] == sorted(listed, key=lambda one: one["format"])
    assert (sealed["invoice_id"], sealed["number"]) == (str(issued.id), issued.document["number"])
    assert sealed["code"] is None


async def test_manifest_of_a_tax_control_invoice_names_its_code(client: Client) -> None:
    issued = await client.rendered(**make_tax_control())
    answer = await fetch_manifest(client, issued)
    assert open_envelope(answer["manifest"], DOCUMENTS, KEYS).content["code"] == CODE


async def test_event_carries_the_seal_that_the_manifest_shows(client: Client) -> None:
    issued = await client.rendered(BOTH)
    assert await load_seals(client, issued.id) == [(await fetch_manifest(client, issued))["manifest"]]


async def test_seal_of_a_later_event_covers_what_was_ready_before(client: Client) -> None:
    issued = await client.rendered()
    await client.worker.void(issued)
    await client.worker.render()
    first, second = await load_seals(client, issued.id)
    versions = [
        [one["version"] for one in json.loads(base64.b64decode(seal["payload"]))["documents"]]
        for seal in (first, second)
    ]
    assert versions == [[1], [1, 2]]
    assert second == (await fetch_manifest(client, issued))["manifest"]


async def test_manifest_without_a_ready_document_has_no_seal(client: Client) -> None:
    issued = issue(client.tenant)
    await client.worker.consume(issued, formats=tuple(PDF))
    assert (await fetch_manifest(client, issued))["manifest"] is None


def test_process_with_a_key_that_cannot_sign_does_not_start() -> None:
    with pytest.raises(ValidationError, match="32 bytes in base64") as caught:
        make_settings("postgresql://", "http://127.0.0.1:1", seal_key="no-key")
    assert "no-key" not in str(caught.value)
