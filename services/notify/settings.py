"""Configuration of notify's worker beyond what every process needs: where mail goes and where documents lie."""

from pydantic import Field, SecretStr

from libs.common.request_models import Email
from libs.common.settings import Settings


class WorkerSettings(Settings):
    """The api and the migration hold none of these."""

    s3_url: str
    s3_access_key: str
    s3_secret_key: SecretStr
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    mail_from: Email = "invoice@openfapiao.example"
    # Mails on their way at the same time, each on a connection of its own.
    mail_connections: int = Field(default=8, ge=1, le=64)
