"""Reads what the outside world has got: the tax bureau's books, the mailbox, the tenants' feeds."""

import json
import urllib.request
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from tests.chaos.checker.addresses import Addresses, Tenant
from tests.chaos.checker.evidence import FeedEvent, Held, Mail


def read_held(addresses: Addresses) -> list[Held]:
    """Every invoice at the bureau, refused ones too."""
    return [
        Held(
            tenant=tenant.letter,
            serial=item["serial"],
            number=item["number"],
            status=item["status"],
            amount=Decimal(item["amount"]),
            amount_with_tax=Decimal(item["amount_with_tax"]),
        )
        for tenant in addresses.tenants
        for item in _pages(f"{addresses.bureau}/control/invoices", seller=tenant.tax_id)
    ]


def read_blocks_at_bureau(addresses: Addresses) -> list[tuple[str, int, int]]:
    """(tenant, first, last) of each block given out."""
    return [
        (tenant.letter, int(item["first"]), int(item["last"]))
        for tenant in addresses.tenants
        for item in _pages(f"{addresses.bureau}/control/blocks", seller=tenant.tax_id)
    ]


def read_used_quota(addresses: Addresses, tenant: Tenant, period: str) -> Decimal:
    query = urlencode({"seller": tenant.tax_id, "period": period})
    return Decimal(_get(f"{addresses.bureau}/v1/quota?{query}")["used"])


def read_mails(addresses: Addresses) -> list[Mail]:
    return [
        Mail(
            to=item["to"],
            message_id=item["message_id"],
            attachments=tuple(each["sha256"] for each in item["attachments"]),
            at=datetime.fromisoformat(item["received_at"]).timestamp(),
        )
        for item in _pages(f"{addresses.mailbox}/messages", limit="200")
    ]


def read_feed(addresses: Addresses, tenant: Tenant) -> list[FeedEvent]:
    """The whole feed through the public API, page by page until one is empty."""
    found: list[FeedEvent] = []
    after = ""
    while True:
        query = urlencode({"limit": "200", **({"after": after} if after else {})})
        page = _get(f"{addresses.gateway}/v1/events?{query}", Authorization=f"Bearer {tenant.api_key}")
        found += [_feed_event(item) for item in page["items"]]
        if not page["items"]:
            return found
        after = page["next_cursor"]


def _feed_event(item: Mapping[str, Any]) -> FeedEvent:
    return FeedEvent(
        id=item["id"],
        source=item["source"],
        type=item["type"],
        subject=item["subject"],
        sequence=int(item["sequence"]),
    )


def _pages(url: str, **query: str) -> Iterator[dict[str, Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = _get(f"{url}?{urlencode({**query, **cursor})}")
        yield from page["items"]
        if not page.get("next_cursor"):
            return
        cursor = {"cursor": page["next_cursor"]}


def _get(url: str, **headers: str) -> Any:
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the stack of this run
    with urllib.request.urlopen(request, timeout=15) as answer:  # noqa: S310
        return json.loads(answer.read())
