"""Who gives a command: what commands check against and what the audit remembers."""

from collections.abc import Collection
from dataclasses import dataclass

from libs.common.ids import TenantId
from services.auth.errors import ScopesExceeded


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` as in histories (`user:…`, `api_key:…`, `bootstrap`); `address` is where the request came from."""

    tenant: TenantId
    actor: str
    scopes: frozenset[str]
    address: str = ""

    def check_covers(self, scopes: Collection[str]) -> None:
        """Nobody gives, takes or inherits more than they hold; raises ScopesExceeded."""
        if missing := sorted(set(scopes) - self.scopes):
            raise ScopesExceeded.naming(missing)
