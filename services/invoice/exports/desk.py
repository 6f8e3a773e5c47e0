"""What both processes hold of exports."""

from dataclasses import dataclass
from pathlib import Path

from services.invoice.domain.export import ExportOrder, Target, TargetKind
from services.invoice.errors import ExportTargetRefused
from services.invoice.exports.outbound import Guard
from services.invoice.exports.places import Place, S3Place, open_place
from services.invoice.exports.sealing import SecretSeal
from services.invoice.settings import InvoiceSettings


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """`kept` is the platform's own place for archives; `guard` knows where else they may be sent, `folder` takes
    what is being made."""

    kept: S3Place
    guard: Guard
    seal: SecretSeal
    folder: Path

    def open_target(self, order: ExportOrder, sealed_secrets: bytes | None) -> Place:
        """The place of the tenant's choice; looks its host up. Raises ExportTargetRefused."""
        if order.schedule_id is None or sealed_secrets is None:
            raise ExportTargetRefused(
                "The schedule and its credentials are gone.",
                detail_zh="定期导出设置及其凭证已被删除。",
                reason="schedule deleted",
            )
        self.guard.check_url(order.target.url)
        secret = self.seal.open(order.schedule_id, sealed_secrets)
        return open_place(order.target, secret, self.guard)


def open_export_desk(settings: InvoiceSettings) -> ExportDesk:
    """Opens no connection yet."""
    own = Target(
        kind=TargetKind.S3, url=settings.s3_url, bucket=settings.export_bucket, user=settings.s3_access_key
    )
    allowed = [each.strip() for each in settings.export_targets_allowed.split(",")]
    return ExportDesk(
        kept=S3Place(own, settings.s3_secret_key.get_secret_value()),
        guard=Guard(allowed),
        seal=SecretSeal(settings.export_secret.get_secret_value()),
        folder=Path(settings.export_folder),
    )
