"""Parameters, bodies and answers of the api. Answers are encoded directly; their models document them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.common.pagination import PageParameters
from libs.common.request_models import Email, StrictModel
from services.notify.domain.deliveries import About, DeliveryState


class FeedParameters(StrictModel):
    after: str | None = Field(default=None, max_length=500, description="`next_cursor` of an earlier answer")
    limit: int = Field(default=50, ge=1, le=200, description="Items a page")


class InboxParameters(PageParameters):
    unread: bool | None = Field(default=None, description="Only unread, or only read messages")


class MessageParameters(PageParameters):
    invoice_id: UUID | None = None
    state: DeliveryState | None = None


MailedFormat = Literal["pdf", "ofd", "xml"]


class Contacts(StrictModel):
    email: Email | None = None


class DeliveryRequest(StrictModel):
    """Without `to`, the contact stored with the invoice; without `formats`, PDF, OFD and XML as far as they fit."""

    channels: Annotated[list[Literal["email"]], Field(min_length=1, max_length=1)]
    to: Contacts = Contacts()
    formats: Annotated[list[MailedFormat], Field(min_length=1, max_length=3)] | None = None


class CloudEvent(BaseModel):
    """An event in the structured form of CloudEvents 1.0; `data` is the payload as published."""

    specversion: Literal["1.0"]
    id: UUID
    source: str
    type: str
    subject: UUID
    time: datetime
    tenant: UUID
    sequence: Annotated[str, Field(pattern="^[1-9][0-9]*$")]
    traceparent: str
    correlationid: str
    datacontenttype: str
    data: dict[str, Any]


class FeedResponse(BaseModel):
    """`next_cursor` is never null: without news it is the one that was given."""

    items: list[CloudEvent]
    next_cursor: str
    as_of: datetime


class InboxMessageResponse(BaseModel):
    """`invoice_id` is null and `reference` empty where a message is about no invoice."""

    id: UUID
    kind: Literal[
        "invoice_issued",
        "invoice_rejected",
        "invoice_voided",
        "invoice_void_refused",
        "document_failed",
        "delivery_failed",
        "connector_login_needed",
        "connector_down",
        "connector_restored",
        "export_finished",
        "export_failed",
        "export_check_failed",
        "copy_requested",
    ]
    invoice_id: UUID | None
    number: str | None
    reference: str
    title: str
    title_zh: str
    text: str
    text_zh: str
    created_at: datetime
    is_read: bool


class InboxResponse(BaseModel):
    items: list[InboxMessageResponse]
    next_cursor: str | None
    as_of: datetime


class UnreadResponse(BaseModel):
    unread: int


class DeliveryResponse(BaseModel):
    """One message to one contact. `requested_by` is `invoice` for what the invoice itself asked, else who did.

    `about`: whether it brings the invoice, or tells that it was voided.

    `next_attempt_at` is set while the delivery is pending. `formats`: what was asked for, null for all that fits;
    `attached`: what the mail that was sent carried.
    """

    id: UUID
    invoice_id: UUID
    number: str
    reference: str
    channel: Literal["email"]
    about: About
    to: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    message_id: str | None
    requested_by: str
    formats: list[MailedFormat] | None
    attached: list[MailedFormat] | None
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None


class DeliveriesResponse(BaseModel):
    items: list[DeliveryResponse]
    next_cursor: str | None
    as_of: datetime


class NewDeliveriesResponse(BaseModel):
    items: list[DeliveryResponse]
