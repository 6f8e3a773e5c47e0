"""What a process of render reads from its environment, besides what every process reads."""

from pydantic import Field, SecretStr, field_validator

from libs.common.settings import Settings
from services.render.domain import FORMATS
from services.render.seal import read_key


class RenderSettings(Settings):
    """The archive, the key of signed links, and how much a renderer takes at once."""

    s3_url: str
    s3_access_key: str
    s3_secret_key: SecretStr
    s3_bucket: str = "openfapiao-documents"
    # Days for which nobody can delete a document, instead of the years that its tenant has chosen: for demonstrations.
    retention_days: int = Field(default=0, ge=0)
    # How long an object is locked before documents refer to it; what a killed worker leaves can be removed after that.
    short_lock_seconds: int = Field(default=86_400, ge=1)
    # What every invoice gets, some of `xml,pdf,ofd`; other formats are made when somebody asks for them.
    render_formats: str = ",".join(FORMATS)
    # Invoices, with all their documents.
    render_batch: int = Field(default=150, ge=1, le=500)
    # How long a renderer may work on a batch before others take it over; what a killed one held waits so long.
    render_lease_seconds: int = Field(default=20, ge=1, le=300)
    link_secret: SecretStr = Field(min_length=32)
    # Ed25519: PEM, or the 32 bytes of the seed in base64. What signed before it stays published.
    seal_key: SecretStr

    @field_validator("seal_key")
    @classmethod
    def _read_seal_key(cls, value: SecretStr) -> SecretStr:
        read_key(value.get_secret_value())
        return value

    @field_validator("render_formats")
    @classmethod
    def _know_formats(cls, value: str) -> str:
        if not set(value.split(",")) <= set(FORMATS):
            raise ValueError(f"formats are some of {','.join(FORMATS)}")
        return value
