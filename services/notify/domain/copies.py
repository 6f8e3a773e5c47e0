"""Copies that support has sent: to contacts that are known already, and never without the tenant being told."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.common.addresses import mask_email
from services.notify.domain.deliveries import NewDelivery
from services.notify.domain.inbox import InboxMessage, Occasion

BUYER, OWNERS = "buyer", "owners"


@dataclass(frozen=True, slots=True)
class CopyRequest:
    """What an agent asked for in a ticket. `to`: the buyer's stored contact, or the addresses bound to the owners."""

    occasion: Occasion
    invoice: UUID
    ticket_number: int
    to: str
    formats: tuple[str, ...]
    reason: str
    actor: str
    correlation_id: str
    traceparent: str

    def delivery(self, delivery_id: UUID, recipient: str) -> NewDelivery:
        return NewDelivery(
            tenant=self.occasion.tenant,
            id=delivery_id,
            invoice_id=self.invoice,
            channel="email",
            recipient=recipient,
            requested_by=self.actor,
            correlation_id=self.correlation_id,
            traceparent=self.traceparent,
            formats=self.formats,
        )

    def message(self, recipients: Sequence[str]) -> InboxMessage:
        """Tells the tenant who gets what, and why."""
        names = [name.upper() for name in self.formats]
        masked = [mask_email(recipient) for recipient in recipients if recipient]
        to, to_zh = (
            ", ".join(masked) or "nobody: no address is known",
            "、".join(masked) or "无人（没有已知地址）",
        )
        return InboxMessage(
            self.occasion,
            "copy_requested",
            "Support sends a copy",
            "客服补发发票文件",
            f"Support sends the {', '.join(names)} of invoice {self.occasion.name} to {to}, by ticket "
            f"#{self.ticket_number}: {self.reason} If this is not what you want, say so in the ticket.",
            f"客服按工单 #{self.ticket_number} 将发票 {self.occasion.name} 的 {'、'.join(names)} 文件发送至 {to_zh}："
            f"{self.reason} 如非本意，请在工单中告知。",
        )
