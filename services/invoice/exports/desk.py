"""What both processes hold of exports."""

from dataclasses import dataclass

from services.invoice.domain.export import Target, TargetKind
from services.invoice.exports.outbound import Guard
from services.invoice.exports.places import S3Place
from services.invoice.exports.sealing import SecretSeal
from services.invoice.settings import InvoiceSettings


@dataclass(frozen=True, slots=True)
class ExportDesk:
    """`kept` is the platform's own place for archives; `guard` knows where else they may be sent."""

    kept: S3Place
    guard: Guard
    seal: SecretSeal


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
    )
