"""Where everything is that the checker reads."""

from collections.abc import Mapping
from dataclasses import dataclass

SERVICES = ("auth", "invoice", "render", "notify", "support")


@dataclass(frozen=True)
class Tenant:
    """One that issued: its letter in the evidence, its id, its seller number, and a key that may read its feed."""

    letter: str
    id: str
    tax_id: str
    api_key: str


@dataclass(frozen=True)
class Addresses:
    """`postgres` is the superuser's address without a database."""

    postgres: str
    kafka: str
    s3: str
    s3_access_key: str
    s3_secret_key: str
    gateway: str
    bureau: str
    mailbox: str
    tenants: tuple[Tenant, ...]

    def database(self, service: str) -> str:
        return f"{self.postgres}/ofp_{service}"

    @property
    def letters(self) -> Mapping[str, str]:
        """Tenant id -> letter."""
        return {tenant.id: tenant.letter for tenant in self.tenants}
