"""What a tenant is told when its connection with the tax bureau closes or opens, in both languages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.notify.domain.inbox import InboxMessage, Occasion

# An outage that is over so soon is no matter for a mail.
_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """`state` is login_needed, down or ok; `taxpayer` is whose connection it is."""

    occasion: Occasion
    taxpayer: UUID
    seller_name: str
    seller_tax_id: str
    state: str

    @property
    def is_closed(self) -> bool:
        return self.state != "ok"

    @property
    def mail_at(self) -> datetime:
        """At once where somebody has to do something."""
        return self.occasion.time + (_PATIENCE if self.state == "down" else timedelta(0))


def describe_change(change: ConnectorChange) -> InboxMessage:
    """What happened, and what the reader is to do."""
    who, who_zh = (
        f"{change.seller_name} ({change.seller_tax_id})",
        f"{change.seller_name}（{change.seller_tax_id}）",
    )
    match change.state:
        case "login_needed":
            kind, texts = "connector_login_needed", _login_needed(who, who_zh)
        case "down":
            kind, texts = "connector_down", _down(who, who_zh)
        case _:
            kind, texts = "connector_restored", _restored(who, who_zh)
    return InboxMessage(change.occasion, kind, *texts)


def _login_needed(who: str, who_zh: str) -> tuple[str, str, str, str]:
    return (
        "Sign in at the tax bureau",
        "请登录电子税务局",
        f"The session of {who} at the tax bureau has ended, and its invoices wait. Sign in there with the invoicing"
        " operator's account. Everything that waits goes on by itself afterwards: do not issue anything again.",
        f"{who_zh} 的电子税务局登录已失效，发票正在等待。请开票员登录电子税务局；"
        "登录后系统会自动继续处理，请勿重复开具。",
    )


def _down(who: str, who_zh: str) -> tuple[str, str, str, str]:
    return (
        "The tax bureau does not answer",
        "电子税务局暂时无应答",
        f"The tax bureau does not answer for {who}, and its invoices wait. There is nothing you need to do: the"
        " platform keeps asking and goes on by itself. Do not issue anything again.",
        f"电子税务局暂时未应答 {who_zh} 的请求，发票正在等待。您无需操作，系统会持续重试并自动继续，请勿重复开具。",
    )


def _restored(who: str, who_zh: str) -> tuple[str, str, str, str]:
    return (
        "The connection with the tax bureau is back",
        "与电子税务局的连接已恢复",
        f"The tax bureau answers for {who} again. What waited is being sent; there is nothing you need to do.",
        f"{who_zh} 与电子税务局的连接已恢复，等待中的发票正在继续处理，您无需操作。",
    )
