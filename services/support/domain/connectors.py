"""A taxpayer's connection with the tax bureau while it is closed: one ticket for all that waits. Pure."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.clock import SHANGHAI
from libs.common.context import Correlation
from libs.common.ids import TenantId
from services.support.domain.tickets import TicketText

# What is still not final so long after a connection is back is late for a reason of its own.
RECOVERY_SECONDS = 300

RESTORED = "与电子税务局的连接已恢复，等待的发票正在处理。 / The connection with the tax bureau is back."


@dataclass(frozen=True, slots=True)
class ConnectorChange:
    """`state` is login_needed, down or ok."""

    tenant: TenantId
    taxpayer: UUID
    seller_name: str
    state: str
    since: datetime
    correlation: Correlation


@dataclass(frozen=True, slots=True)
class ClosedConnector:
    """One that has made so many invoices late, and has no ticket yet."""

    tenant: TenantId
    taxpayer: UUID
    seller_name: str
    state: str
    since: datetime
    invoices: int


def closed_connector_text(connector: ClosedConnector) -> TicketText:
    """Both languages, the Chinese first; the hour in Chinese time."""
    hour = connector.since.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")
    name, count = connector.seller_name, connector.invoices
    if connector.state == "login_needed":
        why_zh, why = (
            "电子税务局登录已失效，请开票员登录",
            "The session at the tax bureau has ended: sign in there",
        )
    else:
        why_zh, why = (
            "电子税务局无应答，平台会持续重试",
            "The tax bureau does not answer; the platform keeps trying",
        )
    text = (
        f"{name} 自 {hour}（北京时间）起与电子税务局的连接中断，已有 {count} 张发票未按时完成。\n{why_zh}。\n"
        "连接恢复后系统会自动继续处理，本工单会自动关闭。请勿重复开具。\n\n"
        f"Since {hour} (Beijing time) {name} has had no connection with the tax bureau; {count} invoices are late.\n"
        f"{why}.\nEverything goes on by itself once it is back, and the ticket closes. Do not issue anything again."
    )
    title = f"{name[:60]} 与电子税务局的连接中断 / No connection with the tax bureau"
    return TicketText("promise", title, text)
