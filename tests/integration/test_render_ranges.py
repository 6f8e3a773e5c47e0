"""Parts of a document and what HEAD says of it, over HTTP, with real Postgres and a real object store."""

from collections.abc import AsyncIterator
from urllib.parse import unquote

import pytest

from services.render.pdf.document import render_pdf
from tests.helpers.credentials import grant_api_key
from tests.helpers.databases import MakeDatabase
from tests.helpers.document_client import Client, open_client
from tests.helpers.rendering import Issued, issue
from tests.helpers.servers import Server

pytestmark = pytest.mark.s3

SAID = ("content-type", "content-length", "etag", "cache-control", "content-disposition", "accept-ranges")


@pytest.fixture
async def client(database: MakeDatabase, s3_server: Server) -> AsyncIterator[Client]:
    async with open_client(await database("render"), s3_server.url) as opened:
        yield opened


def pdf_path(issued: Issued, query: str = "") -> str:
    return f"/v1/invoices/{issued.id}/documents/pdf{query}"


async def count_downloads(client: Client) -> int:
    return len(await client.worker.fetch("select from downloads"))


async def test_head_says_what_get_says_and_is_no_download(client: Client) -> None:
    issued = await client.rendered()
    described = await client.ask("HEAD", pdf_path(issued))
    assert (described.status, described.content) == (200, b"")
    assert await count_downloads(client) == 0
    fetched = await client.get(pdf_path(issued))
    assert [described.headers[name] for name in SAID] == [fetched.headers[name] for name in SAID]
    assert described.headers["content-length"] == str(len(fetched.content))
    assert "武汉晴川数码科技有限公司" in unquote(fetched.headers["content-disposition"])
    seen = await client.ask("HEAD", pdf_path(issued), headers={"if-none-match": fetched.headers["etag"]})
    assert seen.status == 304


async def test_head_is_answered_as_get_where_there_is_nothing_to_describe(client: Client) -> None:
    issued = issue(client.tenant)
    await client.worker.consume(issued)
    pending = await client.ask("HEAD", pdf_path(issued))
    assert (pending.status, pending.headers["retry-after"], pending.content) == (202, "1", b"")
    assert (await client.ask("HEAD", pdf_path(issued, "?version=9"))).status == 404
    assert (await client.ask("HEAD", pdf_path(issued), secret="")).status == 401
    assert (await client.ask("HEAD", pdf_path(issued, "?profile=a4"))).status == 422
    weak = await grant_api_key(client.worker.pool, client.tenant, scopes=["invoice:read"])
    assert (await client.ask("HEAD", pdf_path(issued), secret=weak)).status == 403


async def test_head_of_a_link_needs_no_credential(client: Client) -> None:
    issued = await client.rendered()
    link = (await client.get(pdf_path(issued, "?link=true"))).json["url"]
    url = link.removeprefix(client.worker.settings.public_url)
    described = await client.ask("HEAD", url, secret="")
    assert (described.status, described.headers["content-length"]) == (
        200,
        str(len(render_pdf(issued.document))),
    )
    assert (await client.ask("HEAD", url[:-1], secret="")).status == 403


async def test_pieces_add_up_to_the_document_and_are_one_download(client: Client) -> None:
    issued = await client.rendered()
    whole = render_pdf(issued.document)
    pieces = []
    for start in range(0, len(whole), 20_000):
        piece = await client.get(pdf_path(issued), range=f"bytes={start}-{start + 19_999}")
        last = min(start + 19_999, len(whole) - 1)
        assert (piece.status, piece.headers["content-range"]) == (206, f"bytes {start}-{last}/{len(whole)}")
        pieces.append(piece.content)
    assert len(pieces) > 2
    assert b"".join(pieces) == whole
    assert (await client.get(pdf_path(issued), range="bytes=-10")).content == whole[-10:]
    assert (await client.get(pdf_path(issued), range="bytes=5-")).content == whole[5:]
    assert await count_downloads(client) == 1


async def test_pieces_are_recorded_for_each_who_fetches_and_after_a_while_again(client: Client) -> None:
    issued = await client.rendered()
    other = await grant_api_key(client.worker.pool, client.tenant)
    await client.get(pdf_path(issued), range="bytes=1-")
    await client.get(pdf_path(issued), secret=other, range="bytes=1-")
    assert await count_downloads(client) == 2
    await client.worker.fetch("update downloads set downloaded_at = downloaded_at - interval '16 minutes'")
    await client.get(pdf_path(issued), range="bytes=-1")
    assert await count_downloads(client) == 3


async def test_range_behind_the_end_is_refused_with_the_size(client: Client) -> None:
    issued = await client.rendered()
    size = len(render_pdf(issued.document))
    for asked in (f"bytes={size}-", "bytes=-0"):
        refused = await client.get(pdf_path(issued), range=asked)
        assert (refused.status, refused.json["code"], refused.json["size"]) == (
            416,
            "range-not-satisfiable",
            size,
        )
        assert refused.headers["content-range"] == f"bytes */{size}"
    assert await count_downloads(client) == 0


@pytest.mark.parametrize(
    "asked", ["bytes=0-1,5-6", "bytes=5-1", "bytes=-", "lines=0-1", "bytes=a-b", f"bytes=0-{'9' * 5000}"]
)
async def test_range_that_is_none_of_ours_is_ignored(client: Client, asked: str) -> None:
    issued = await client.rendered()
    answer = await client.get(pdf_path(issued), range=asked)
    assert (answer.status, answer.content) == (200, render_pdf(issued.document))


async def test_range_of_other_bytes_than_these_gets_the_whole(client: Client) -> None:
    issued = await client.rendered()
    etag = (await client.ask("HEAD", pdf_path(issued))).headers["etag"]
    asked = {"range": "bytes=0-3"}
    assert (await client.get(pdf_path(issued), **asked, **{"if-range": etag})).content == b"%PDF"
    for other in ('"other"', f"W/{etag}", "Tue, 24 Nov 2026 06:40:00 GMT"):
        whole = await client.get(pdf_path(issued), **asked, **{"if-range": other})
        assert (whole.status, whole.content) == (200, render_pdf(issued.document))
    seen = await client.get(pdf_path(issued), **asked, **{"if-none-match": etag})
    assert (seen.status, seen.content) == (304, b"")
