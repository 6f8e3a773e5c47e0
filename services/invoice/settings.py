"""Settings of invoice."""

from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from libs.common.settings import Settings
from services.invoice.domain.documents import EAGER_FORMATS


class InvoiceSettings(Settings):
    """`bureau_url` is only used by the worker."""

    bureau_url: str = "http://127.0.0.1:18090"
    authority_timeout_seconds: float = Field(default=5.0, gt=0, le=60)
    # How soon the authority's word is promised for every invoice.
    promise_seconds: int = Field(default=600, ge=10)
    # Numbers are ordered in blocks of this size whenever fewer than `reorder_below` are left.
    block_size: int = Field(default=5000, ge=1, le=5000)
    reorder_below: int = Field(default=5000, ge=1)
    # The same for each kind that is numbered from stock; such numbers do not expire.
    stock_size: int = Field(default=1000, ge=1, le=5000)
    restock_below: int = Field(default=500, ge=1)
    # While invoices are issued one by one, bulk jobs rest so many times as long as they worked; less on large machines.
    job_rest: int = Field(default=20, ge=0, le=1000)
    # So many days after a bulk job has ended, what was sent is forgotten: failed rows can no longer be retried as sent.
    job_days: int = Field(default=30, ge=1, le=3650)
    # What render makes of every invoice: the same value as there, so that what is missing is noticed.
    render_formats: Annotated[tuple[str, ...], NoDecode] = EAGER_FORMATS
    # Where render keeps the documents, and the platform its exports.
    s3_url: str
    s3_access_key: str
    s3_secret_key: SecretStr
    export_bucket: str = "openfapiao-exports"
    # For so many days an export can be downloaded.
    export_days: int = Field(default=7, ge=1, le=365)
    # Where archives are made before they are sent: room for the largest, twice if it is encrypted.
    export_folder: str = "/tmp"  # noqa: S108 - each archive gets a folder of its own there
    # Seals the credentials of the places to which exports are sent.
    export_secret: SecretStr = Field(min_length=32)
    # host:port, separated by commas: the only addresses outside the public internet to which exports may be sent.
    export_targets_allowed: str = "none"

    @field_validator("render_formats", mode="before")
    @classmethod
    def _split_formats(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value
