"""Events of notify: what became of deliveries. Subject: the invoice's id. Addresses are masked."""

from typing import ClassVar
from uuid import UUID

from libs.common.contracts.base import Contract


class DeliverySent(Contract, frozen=True):
    """The channel's server took the message."""

    TYPE: ClassVar = "notify.delivery_sent.v1"
    number: str | None
    reference: str
    delivery_id: UUID
    channel: str
    masked_to: str
    message_id: str
    formats: tuple[str, ...] = ()
    """Of the documents that came with it; none where it told of a void."""
    requested_by: str = "invoice"
    """The actor who had it sent again; `invoice` for what the invoice itself asked."""


class DeliveryFailed(Contract, frozen=True):
    """The channel refused for good; the tenant may give another contact."""

    TYPE: ClassVar = "notify.delivery_failed.v1"
    number: str | None
    reference: str
    delivery_id: UUID
    channel: str
    masked_to: str
    reason: str


CONTRACTS = (DeliverySent, DeliveryFailed)
