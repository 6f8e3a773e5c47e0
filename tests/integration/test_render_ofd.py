"""The OFD of an invoice as its tenant fetches it, beside the XML that it carries."""

from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest

from services.render.drawing import DRAWERS
from services.render.ofd.document import render_ofd
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Client, open_client
from tests.helpers.servers import Server
from tests.unit.render.ofd_reader import Ofd

pytestmark = pytest.mark.s3
EAGER = {name: DRAWERS[name] for name in ("xml", "pdf", "ofd")}


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as client:
        yield client


async def test_ofd_ready_is_served_byte_for_byte_and_carries_the_archived_xml(client: Client) -> None:
    issued = await client.rendered(EAGER, issued_at="2026-11-24T18:04:05.678Z")
    path = f"/v1/invoices/{issued.id}/documents"
    ofd, xml = await client.get(f"{path}/ofd"), await client.get(f"{path}/xml")
    assert (ofd.status, ofd.headers["content-type"]) == (200, "application/ofd")
    assert ofd.content == render_ofd(issued.document)
    assert Ofd(ofd.content).attachments() == {"einvoice": xml.content}
    name = unquote(ofd.headers["content-disposition"].partition("filename*=UTF-8''")[2])
    assert name == f"dzfp_{issued.document['number']}_武汉晴川数码科技有限公司_20261125020405.ofd"


async def test_ofd_of_a_voided_invoice_is_a_further_version_with_the_mark(client: Client) -> None:
    issued = await client.rendered(EAGER)
    await client.worker.void(issued)
    await client.worker.render(EAGER)
    path = f"/v1/invoices/{issued.id}/documents/ofd"
    first, second = [(await client.get(f"{path}?version={version}")).content for version in (1, 2)]
    assert "作废" not in {text.text for text in Ofd(first).labels()}
    assert "作废" in {text.text for text in Ofd(second).labels()}
