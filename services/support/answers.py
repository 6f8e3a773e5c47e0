"""A ticket as an answer.

An ETag is `"<version>-<hash of the answer>"`: the facts of the invoice change the answer but not the ticket, so an edit
only needs the version to be the one that was seen.
"""

import msgspec
from fastapi import Response

from libs.common.answers import etag_of, resource_answer
from services.support.queries.ticket import TicketAnswer


def ticket_response(ticket: TicketAnswer, *, status: int = 200, seen: str | None = None) -> Response:
    """The ticket, or 304 where the caller has `seen` this very answer (If-None-Match)."""
    body = msgspec.json.encode(ticket)
    return resource_answer(body, etag_of(body, ticket.version), if_none_match=seen, status=status)
