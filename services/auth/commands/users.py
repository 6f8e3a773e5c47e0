"""Create and change users. Nobody gives or takes a role that allows more than they hold themselves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.common.db import Tx
from libs.common.ids import UserId, new_id
from libs.common.outbox import append
from libs.common.problems import PreconditionFailed
from services.auth import events
from services.auth.commands.sessions import end_sessions
from services.auth.domain.callers import Caller
from services.auth.domain.roles import scopes_of
from services.auth.domain.users import User, UserChange, changed, check_roles, loses_access
from services.auth.errors import LastOwner
from services.auth.store import audit
from services.auth.store.tenants import load_tenant
from services.auth.store.users import insert_user, load_user, lock_owners, save_password, save_user


@dataclass(frozen=True, slots=True)
class CreateUser:
    """The password comes hashed: hashing is slow and is done before the transaction."""

    username: str
    email: str | None
    display_name: str
    password_hash: str
    roles: tuple[str, ...]


async def create_user(tx: Tx, command: CreateUser, caller: Caller, *, now: datetime) -> User:
    """Raises RoleNotInTenant, ScopesExceeded, UsernameTaken, EmailTaken."""
    tenant = await load_tenant(tx, caller.tenant)
    check_roles(command.roles, is_platform=tenant.is_platform)
    caller.check_covers(scopes_of(command.roles))
    user = User(
        tenant=tenant.id,
        id=UserId(new_id()),
        username=command.username,
        email=command.email,
        display_name=command.display_name,
        roles=command.roles,
        is_active=True,
        version=1,
        created_at=now,
        updated_at=now,
    )
    await insert_user(tx, user, command.password_hash)
    await audit.record(tx, caller, "user_created", user.id, now=now, username=user.username, roles=user.roles)
    await append(tx, events.user_changed(user), tenant=user.tenant, subject=user.id, now=now)
    return user


@dataclass(frozen=True, slots=True)
class ChangeUser:
    """`if_version` is the version the caller has seen; None changes whatever is there."""

    id: UUID
    change: UserChange
    if_version: int | None


async def change_user(tx: Tx, command: ChangeUser, caller: Caller, *, now: datetime) -> User:
    """Raises PreconditionFailed, RoleNotInTenant, ScopesExceeded, LastOwner, EmailTaken.

    A user who is closed or may do less than before is signed out everywhere.
    """
    owners = await lock_owners(tx, caller.tenant)
    tenant = await load_tenant(tx, caller.tenant)
    before = await load_user(tx, caller.tenant, command.id)
    if command.if_version not in {None, before.version}:
        raise PreconditionFailed
    after = changed(before, command.change, now)
    check_roles(after.roles, is_platform=tenant.is_platform)
    caller.check_covers(before.scopes | after.scopes)
    if owners == {before.id} and not after.is_owner:
        raise LastOwner
    await save_user(tx, after)
    if loses_access(before, after):
        await end_sessions(tx, after, "access_reduced", now=now)
    state = {"roles": after.roles, "is_active": after.is_active}
    await audit.record(tx, caller, "user_changed", after.id, now=now, **state)
    await append(tx, events.user_changed(after), tenant=after.tenant, subject=after.id, now=now)
    return after


@dataclass(frozen=True, slots=True)
class SetPassword:
    """By an administrator at the command line; recovery by the user is another flow."""

    user_id: UUID
    password_hash: str


async def set_password(tx: Tx, command: SetPassword, caller: Caller, *, now: datetime) -> None:
    """The new password works at once and every session of the user ends."""
    user = await load_user(tx, caller.tenant, command.user_id)
    await save_password(tx, user.tenant, user.id, command.password_hash)
    await end_sessions(tx, user, "password_set", now=now)
    await audit.record(tx, caller, "password_set", user.id, now=now)
