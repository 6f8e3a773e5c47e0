"""Messages to the users of a tenant, in Chinese and English."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.ids import TenantId


@dataclass(frozen=True, slots=True)
class Occasion:
    """The event that a message tells of; `reference` is empty where no invoice is concerned."""

    tenant: TenantId
    event_id: UUID
    invoice_id: UUID | None
    number: str | None
    reference: str
    time: datetime

    @property
    def name(self) -> str:
        """The invoice's number, or its reference while it has none."""
        return self.number or self.reference


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """One message for everybody of the tenant; who has read it is kept per reader."""

    occasion: Occasion
    kind: str
    title: str
    title_zh: str
    text: str
    text_zh: str


def invoice_issued(occasion: Occasion, *, buyer_name: str, amount_with_tax: str) -> InboxMessage:
    """Amounts are decimal strings in yuan."""
    return InboxMessage(
        occasion,
        "invoice_issued",
        "Invoice issued",
        "发票已开具",
        f"Invoice {occasion.name} to {buyer_name} over ¥{amount_with_tax} has been issued.",
        f"发票 {occasion.name} 已开具，购买方：{buyer_name}，价税合计：¥{amount_with_tax}。",
    )


def invoice_rejected(occasion: Occasion, *, reason: str, reason_zh: str) -> InboxMessage:
    return InboxMessage(
        occasion,
        "invoice_rejected",
        "Invoice rejected by the tax authority",
        "发票被税务机关拒绝",
        f"The tax authority refused invoice {occasion.name}: {reason}",
        f"税务机关未受理发票 {occasion.name}：{reason_zh}",
    )


def invoice_voided(occasion: Occasion, *, reason: str) -> InboxMessage:
    """`reason` may be empty."""
    said, said_zh = (f" ({reason})", f"（{reason}）") if reason else ("", "")
    return InboxMessage(
        occasion,
        "invoice_voided",
        "Invoice voided",
        "发票已作废",
        f"Invoice {occasion.name} has been voided{said}; everybody who was sent it is told.",
        f"发票 {occasion.name} 已作废{said_zh}，已向收到该发票的联系人发送通知。",
    )


def invoice_void_refused(occasion: Occasion, *, reason: str, reason_zh: str) -> InboxMessage:
    return InboxMessage(
        occasion,
        "invoice_void_refused",
        "Invoice not voided",
        "发票未能作废",
        f"The tax authority refused to void invoice {occasion.name}: {reason}. Take it back by a red invoice.",
        f"税务机关不予作废发票 {occasion.name}：{reason_zh}。请通过红字发票冲红。",
    )


_MAILS_WAIT = (
    " Its mails to the buyer wait until the PDF is made.",
    " 发给购买方的邮件将等到 PDF 生成后再发送。",
)


def document_failed(occasion: Occasion, *, document_format: str, reason: str, reason_zh: str) -> InboxMessage:
    waits, waits_zh = _MAILS_WAIT if document_format == "pdf" else ("", "")
    return InboxMessage(
        occasion,
        "document_failed",
        "Document could not be made",
        "发票文件生成失败",
        f"The {document_format.upper()} of invoice {occasion.name} could not be made: {reason}{waits}",
        f"发票 {occasion.name} 的 {document_format.upper()} 文件生成失败：{reason_zh}{waits_zh}",
    )


def delivery_failed(occasion: Occasion, *, masked_to: str, reason: str) -> InboxMessage:
    return InboxMessage(
        occasion,
        "delivery_failed",
        "Invoice could not be delivered",
        "发票未能送达",
        f"Invoice {occasion.name} could not be delivered to {masked_to}: {reason}. Send it to another contact.",
        f"发票 {occasion.name} 未能送达 {masked_to}：{reason}。请更换联系方式后重新发送。",
    )
