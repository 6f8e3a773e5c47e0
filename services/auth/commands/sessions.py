"""Continue and end sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.outbox import append
from libs.common.problems import NotFound, Problem
from services.auth import events
from services.auth.domain.callers import Caller
from services.auth.domain.sessions import REUSE_GRACE, RefreshTokenPlace, Session, tokens_dead_at
from services.auth.domain.users import User
from services.auth.errors import InvalidRefreshToken
from services.auth.secret_keys import digest_secret
from services.auth.store import audit
from services.auth.store.sessions import (
    deny_tokens,
    insert_refresh_token,
    load_open_sessions,
    load_refresh_token,
    load_session,
    mark_refresh_token_used,
    revoke_session,
    touch_session,
)
from services.auth.store.users import load_user


@dataclass(frozen=True, slots=True)
class RefreshSession:
    """`successor` is the one token that may follow `sha256`'s, the same however often it is asked for."""

    place: RefreshTokenPlace
    sha256: bytes
    successor: str
    address: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    user: User
    session: Session


async def refresh_session(tx: Tx, command: RefreshSession, *, now: datetime) -> Refreshed | Problem:
    """One successor a token. A used token that comes back after the grace was stolen, then or now: the session ends.

    The problem is returned, not raised, so that the end of the session is committed.
    """
    session = await load_session(tx, command.place.tenant, command.place.session_id)
    token = await load_refresh_token(tx, command.sha256)
    if not session.is_open(now) or token.expires_at <= now:
        return InvalidRefreshToken()
    user = await load_user(tx, session.tenant, session.user_id)
    if token.used_at is None:
        await mark_refresh_token_used(tx, command.sha256, now)
        await insert_refresh_token(tx, session, digest_secret(command.successor), now)
        await touch_session(tx, session, now)
    elif now - token.used_at > REUSE_GRACE:
        caller = Caller(session.tenant, f"user:{user.id}", frozenset(), command.address)
        await _end_session(tx, session, "refresh_token_reused", now)
        await audit.record(tx, caller, "refresh_token_reused", session.id, now=now)
        return InvalidRefreshToken()
    return Refreshed(user, session)


@dataclass(frozen=True, slots=True)
class RevokeSession:
    """`only_of` keeps a user to their own sessions; None lets an administrator end any of the tenant."""

    id: UUID
    only_of: UUID | None
    reason: str


async def revoke(tx: Tx, command: RevokeSession, caller: Caller, *, now: datetime) -> None:
    """Ending a session twice is no error. Raises NotFound, also for sessions of others."""
    session = await load_session(tx, caller.tenant, command.id)
    if command.only_of not in {None, session.user_id}:
        raise NotFound
    if session.revoked_at is None:
        await _end_session(tx, session, command.reason, now)
        await audit.record(tx, caller, "session_revoked", session.id, now=now, reason=command.reason)


async def end_sessions(tx: Tx, user: User, reason: str, *, now: datetime) -> None:
    """Sign the user out everywhere."""
    for session in await load_open_sessions(tx, user.tenant, user.id, now):
        await _end_session(tx, session, reason, now)


async def _end_session(tx: Tx, session: Session, reason: str, now: datetime) -> None:
    await revoke_session(tx, session, reason, now)
    await deny_tokens(tx, session.tenant, session.id, tokens_dead_at(now))
    event = events.session_revoked(session.user_id, reason, now)
    await append(tx, event, tenant=session.tenant, subject=session.id, now=now)
