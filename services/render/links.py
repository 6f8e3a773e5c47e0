"""Signed links: a document for whoever holds the URL, for at most 15 minutes, through the gateway. Pure.

The signature covers every part of the link, so nothing in it can be changed; the key never leaves the service.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from libs.common.ids import InvoiceId, TenantId
from services.render.domain import DocumentKey
from services.render.errors import DocumentLinkInvalid

LINK_LIFE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Link:
    """One version of a document, who asked for the link, and until when it works (whole seconds)."""

    key: DocumentKey
    actor: str
    expires_at: datetime


def make_link(key: DocumentKey, actor: str, *, now: datetime) -> Link:
    return Link(key, actor, (now + LINK_LIFE).replace(microsecond=0))


def document_path(key: DocumentKey) -> str:
    return f"/v1/invoices/{key.invoice}/documents/{key.format}"


def build_url(public_url: str, link: Link, secret: bytes) -> str:
    query = {
        "version": link.key.version,
        "tenant": link.key.tenant,
        "by": link.actor,
        "expires": int(link.expires_at.timestamp()),
        "signature": _sign(link, secret),
    }
    return f"{public_url.rstrip('/')}{document_path(link.key)}?{urlencode(query)}"


def read_link(
    invoice: str, file_format: str, query: Mapping[str, str], secret: bytes, *, now: datetime
) -> Link:
    """The link behind a request; raises DocumentLinkInvalid if any part was changed or its time is over."""
    try:
        key = DocumentKey(
            TenantId(UUID(query["tenant"])), InvoiceId(UUID(invoice)), file_format, int(query["version"])
        )
        link = Link(key, query["by"], datetime.fromtimestamp(int(query["expires"]), UTC))
    except (KeyError, ValueError, OverflowError, OSError):
        raise DocumentLinkInvalid from None
    if not hmac.compare_digest(_sign(link, secret).encode(), query["signature"].encode()):
        raise DocumentLinkInvalid("The link was changed.", detail_zh="链接内容已被改动。")
    if link.expires_at <= now:
        raise DocumentLinkInvalid("The link has expired.", detail_zh="链接已过期。")
    return link


def _sign(link: Link, secret: bytes) -> str:
    tenant, *rest = link.key
    parts = ("document-link-1", tenant, *rest, link.actor, int(link.expires_at.timestamp()))
    message = "\n".join(str(part) for part in parts).encode("utf-8", "surrogatepass")
    return base64.urlsafe_b64encode(hmac.digest(secret, message, hashlib.sha256)).rstrip(b"=").decode()
