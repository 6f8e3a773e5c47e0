"""What a tenant is told of an archive: that it is there, that it is not, or that a kept one is damaged."""

from dataclasses import dataclass
from uuid import UUID

from services.notify.domain.inbox import InboxMessage, Occasion

_USER = "user:"


@dataclass(frozen=True, slots=True)
class ExportNotice:
    """A message about the export `subject`, mailed to `reader`; None: who asked for it is no person."""

    message: InboxMessage
    subject: UUID
    reader: UUID | None


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """Which export it is: its days, if it is of a period, and who asked for it."""

    occasion: Occasion
    subject: UUID
    first_day: str | None
    last_day: str | None
    actor: str

    @property
    def name(self) -> str:
        return f"The export of {self.first_day} to {self.last_day}" if self.first_day else "The export"

    @property
    def name_zh(self) -> str:
        return f"{self.first_day} 至 {self.last_day} 的导出" if self.first_day else "导出"

    def notice(self, kind: str, title: str, title_zh: str, text: str, text_zh: str) -> ExportNotice:
        message = InboxMessage(self.occasion, kind, title, title_zh, text, text_zh)
        reader = UUID(self.actor.removeprefix(_USER)) if self.actor.startswith(_USER) else None
        return ExportNotice(message, self.subject, reader)


def export_finished(facts: ExportFacts, *, total: int, missing: int, target: str) -> ExportNotice:
    where, where_zh = {
        "platform": ("and can be downloaded", "可以下载"),
        "s3": ("and lies in your bucket", "已存入贵方存储桶"),
        "webdav": ("and lies in your WebDAV folder", "已存入贵方 WebDAV 目录"),
    }[target]
    lacks = f" {missing} documents are missing; manifest.json says which and why." if missing else ""
    lacks_zh = f"其中缺少 {missing} 份发票文件，清单 manifest.json 列明原因。" if missing else ""
    return facts.notice(
        "export_finished",
        "Export finished",
        "导出已完成",
        f"{facts.name} of {total} invoices is finished {where}.{lacks}",
        f"{facts.name_zh}已完成，共 {total} 张发票，{where_zh}。{lacks_zh}",
    )


def export_failed(facts: ExportFacts, *, reason: str, reason_zh: str) -> ExportNotice:
    return facts.notice(
        "export_failed",
        "Export failed",
        "导出失败",
        f"{facts.name} failed: {reason} Put that right and order it again.",
        f"{facts.name_zh}失败：{reason_zh}请处理后重新导出。",
    )


def export_check_failed(facts: ExportFacts, *, findings: tuple[str, ...]) -> ExportNotice:
    found = ", ".join(findings)
    return facts.notice(
        "export_check_failed",
        "A kept archive is damaged",
        "留存的归档文件校验不通过",
        f"The restore check of an archive found: {found}. Do not rely on that copy; order the export again.",
        f"归档文件的恢复校验发现问题：{found}。请勿依赖该副本，并重新导出。",
    )
