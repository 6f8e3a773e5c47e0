"""Configuration of notify's worker beyond what every process needs: where mail goes and where documents lie."""

from pydantic import Field, SecretStr

from libs.common.request_models import Email
from libs.common.settings import Settings
from services.notify.domain.deliveries import MOST_BYTES


class WorkerSettings(Settings):
    """The api and the migration hold none of these."""

    s3_url: str
    s3_access_key: str
    s3_secret_key: SecretStr
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    mail_from: Email = "invoice@openfapiao.example"
    # Of all documents in one mail; what does not fit is to be had from the seller. Many servers take 20 MB, a third of
    # which base64 adds.
    mail_most_bytes: int = Field(default=MOST_BYTES, ge=0)
    # Mails on their way at the same time, each on a connection of its own.
    mail_connections: int = Field(default=8, ge=1, le=64)
