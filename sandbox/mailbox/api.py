"""The HTTP side: what has been received, as JSON."""

from sqlite3 import Connection
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from sandbox.mailbox.message import decode_message, load_attachment
from sandbox.mailbox.store import Delivery, clear, list_deliveries, load_delivery
from sandbox.serving.application import DATABASE, json_response, read_query
from sandbox.serving.paging import BEGINNING, Cursor, Page, make_page
from sandbox.serving.problems import NotFound


class ListQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`to` is a whole address; letter case does not matter."""

    to: Annotated[str, Meta(max_length=320)] | None = None
    channel: Annotated[str, Meta(max_length=20)] | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor = BEGINNING


async def get_messages(request: web.Request) -> web.Response:
    """Oldest first."""
    query = read_query(request, ListQuery)

    def get_page(tx: Connection) -> Page:
        deliveries = list_deliveries(
            tx, after=int(query.cursor), to=query.to, channel=query.channel, limit=query.limit + 1
        )
        return make_page([(delivery.id, describe(delivery)) for delivery in deliveries], query.limit)

    return json_response(await request.app[DATABASE].read(get_page))


def describe(delivery: Delivery) -> dict[str, Any]:
    """A delivery in the words of the mailbox."""
    content = decode_message(delivery.content)
    return {
        "id": str(delivery.id),
        "channel": delivery.channel,
        "to": delivery.recipient,
        "from": delivery.sender,
        "subject": content.subject,
        "text": content.text,
        "html": content.html,
        "message_id": content.message_id,
        "attachments": content.attachments,
        "received_at": delivery.received_at,
    }


async def get_attachment(request: web.Request) -> web.Response:
    """The bytes, as attached."""
    delivery_id, position = int(request.match_info["id"]), int(request.match_info["position"])
    delivery = await request.app[DATABASE].read(lambda tx: load_delivery(tx, delivery_id))
    found = load_attachment(delivery.content, position) if delivery else None
    if found is None:
        raise NotFound
    content_type, payload = found
    return web.Response(
        body=payload, content_type=content_type, headers={"X-Content-Type-Options": "nosniff"}
    )


async def delete_messages(request: web.Request) -> web.Response:
    """Empty the mailbox."""
    return json_response({"deleted": await request.app[DATABASE].write(clear)})


ROUTES = [
    web.get("/messages", get_messages),
    web.get(r"/messages/{id:[0-9]{1,18}}/attachments/{position:[0-9]{1,4}}", get_attachment),
    web.delete("/messages", delete_messages),
]
