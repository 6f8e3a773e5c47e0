"""What the handlers of auth work with, opened once a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request

from libs.common.auth import Principal
from libs.common.clock import utc_now
from libs.common.db import Pool
from services.auth.domain.callers import Caller
from services.auth.key_ring import KeyRing
from services.auth.passwords import Passwords
from services.auth.secret_keys import SecretKeys


@dataclass(frozen=True, slots=True)
class Resources:
    """`clock` is what the handlers call now."""

    pool: Pool
    passwords: Passwords
    secret_keys: SecretKeys
    key_ring: KeyRing
    clock: Callable[[], datetime] = utc_now


def resources_of(request: Request) -> Resources:
    """The dependency that hands them out."""
    found: Resources = request.app.state.resources
    return found


def address_of(request: Request) -> str:
    """The client's address as the trusted proxy reports it."""
    return request.client.host if request.client else ""


def caller_of(request: Request, principal: Principal) -> Caller:
    """Who gives the command, for checks and for the audit."""
    return Caller(principal.tenant, principal.actor, principal.scopes, address_of(request))
