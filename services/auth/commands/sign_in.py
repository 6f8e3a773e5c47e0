"""Sign in with a password, in two transactions around the slow hash: what is asked, and what came of it.

The outcome is decided under the lock of the name's guard, so parallel guesses count one after another: whatever
the number of attempts under way, no more than five wrong ones are answered before the name is locked.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import TenantId, new_id
from libs.common.outbox import append
from libs.common.problems import Problem
from services.auth import events
from services.auth.domain.callers import Caller
from services.auth.domain.failures import is_told
from services.auth.domain.lockout import after_failure
from services.auth.domain.sessions import SESSION_LIFE, Session
from services.auth.domain.users import User
from services.auth.errors import InvalidCredentials, SignInLocked
from services.auth.passwords import Verdict
from services.auth.secret_keys import digest_secret
from services.auth.store import audit
from services.auth.store.failed_sign_ins import count_failure
from services.auth.store.sessions import insert_refresh_token, insert_session
from services.auth.store.sign_in_guards import delete_guard, load_guard, lock_guard, save_guard
from services.auth.store.users import Login, find_login, load_user, load_verified_user, save_password

# The tenant of attempts with names that nobody has: they cost the same work and leave the same trace.
NOBODY = TenantId(UUID(int=0))


async def begin_sign_in(tx: Tx, name: str, name_digest: bytes, *, now: datetime) -> Login | None:
    """Who might be signing in; raises SignInLocked before any password is hashed."""
    if seconds := (await load_guard(tx, name_digest)).seconds_locked(now):
        raise SignInLocked.for_seconds(seconds)
    return await find_login(tx, name)


@dataclass(frozen=True, slots=True)
class FinishSignIn:
    """`refresh_token` is a fresh secret for the session, if there is to be one."""

    name_digest: bytes
    login: Login | None
    verdict: Verdict
    address: str
    user_agent: str
    refresh_token: str

    @property
    def caller(self) -> Caller:
        """The user once known, else nobody."""
        tenant = self.login.tenant if self.login else NOBODY
        actor = f"user:{self.login.user_id}" if self.login else "unknown"
        return Caller(tenant, actor, frozenset(), self.address)


@dataclass(frozen=True, slots=True)
class SignedIn:
    user: User
    session: Session


async def finish_sign_in(tx: Tx, command: FinishSignIn, *, now: datetime) -> SignedIn | Problem:
    """The problem is returned, not raised: the wrong password that it tells of must be committed."""
    guard = await lock_guard(tx, command.name_digest, now)
    if seconds := guard.seconds_locked(now):
        return SignInLocked.for_seconds(seconds)
    user = None
    if command.login is not None and command.verdict.is_right:
        user = await load_verified_user(tx, command.login)
    if user is not None:
        return await _open_session(tx, command, user, now)
    guard = after_failure(guard, now)
    await save_guard(tx, command.name_digest, guard)
    await _tell_failure(tx, command, guard.locked_until, now)
    return InvalidCredentials()


async def _tell_failure(tx: Tx, command: FinishSignIn, locked_until: datetime | None, now: datetime) -> None:
    """A trace for every name, of which a guesser cannot leave many; an event where this failure locked somebody's."""
    login = command.login
    caller, subject = command.caller, login.user_id if login else None
    failures = await count_failure(tx, caller.tenant, subject, caller.address, now=now)
    if is_told(failures) or (login and locked_until):
        action, until = (
            ("sign_in_locked", {"until": locked_until}) if locked_until else ("sign_in_failed", {})
        )
        await audit.record(tx, caller, action, subject, now=now, failures_in_hour=failures, **until)
    if login is not None and locked_until is not None:
        user = await load_user(tx, login.tenant, login.user_id)
        event = events.account_locked(user, locked_until)
        await append(tx, event, tenant=user.tenant, subject=user.id, now=now)


async def _open_session(tx: Tx, command: FinishSignIn, user: User, now: datetime) -> SignedIn:
    await delete_guard(tx, command.name_digest)
    if command.verdict.rehashed is not None:
        await save_password(tx, user.tenant, user.id, command.verdict.rehashed)
    session = Session(
        tenant=user.tenant,
        id=new_id(),
        user_id=user.id,
        created_at=now,
        last_used_at=now,
        expires_at=now + SESSION_LIFE,
        address=command.address,
        user_agent=command.user_agent,
    )
    await insert_session(tx, session)
    await insert_refresh_token(tx, session, digest_secret(command.refresh_token), now)
    await audit.record(tx, command.caller, "signed_in", user.id, now=now, session=session.id)
    return SignedIn(user, session)
