"""Roles, scopes and the changes of users and keys as pure rules."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from libs.common.ids import TenantId, UserId, new_id
from services.auth.domain.api_keys import ApiKey, rotated, successor_expiry
from services.auth.domain.callers import Caller
from services.auth.domain.roles import (
    PLATFORM_ROLES,
    PLATFORM_SCOPES,
    TENANT_ROLES,
    TENANT_SCOPES,
    scopes_of,
)
from services.auth.domain.users import User, UserChange, changed, check_roles, loses_access
from services.auth.errors import ApiKeyNotActive, ApiKeyRotated, RoleNotInTenant, ScopesExceeded
from services.auth.schemas import Role, Scope

pytestmark = pytest.mark.fast

NOW = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)


def make_key(**fields: object) -> ApiKey:
    values: dict[str, object] = {
        "tenant": TenantId(new_id()),
        "id": new_id(),
        "name": "erp",
        "environment": "test",
        "scopes": ("invoice:read",),
        "secret_sha256": b"",
        "hint": "abcd",
        "created_by": "test",
        "created_at": NOW - 24 * HOUR,
        "expires_at": None,
    }
    return ApiKey(**{**values, **fields})  # type: ignore[arg-type]


def make_user(**fields: object) -> User:
    values: dict[str, object] = {
        "tenant": TenantId(new_id()),
        "id": UserId(new_id()),
        "username": "zhang.san",
        "email": None,
        "display_name": "张三",
        "roles": ("issuer",),
        "is_active": True,
        "version": 1,
        "created_at": NOW,
        "updated_at": NOW,
    }
    return User(**{**values, **fields})  # type: ignore[arg-type]


def test_roles_and_scopes_of_the_api_are_those_of_the_rules() -> None:
    assert set(get_args(Role)) == TENANT_ROLES.keys() | PLATFORM_ROLES.keys()
    assert set(get_args(Scope)) == TENANT_SCOPES | PLATFORM_SCOPES


def test_owner_holds_every_scope_of_a_tenant_and_none_of_the_platform() -> None:
    assert TENANT_ROLES["owner"] == TENANT_SCOPES
    assert not {"platform:operate", "support:agent"} & TENANT_SCOPES


def test_viewer_and_accountant_cannot_issue() -> None:
    assert "invoice:write" not in scopes_of(["viewer", "accountant"])
    assert "invoice:write" in scopes_of(["issuer"]) & scopes_of(["developer"])


def test_roles_of_the_other_kind_of_tenant_are_refused() -> None:
    check_roles(["owner", "viewer"], is_platform=False)
    check_roles(["operator"], is_platform=True)
    for roles, is_platform in ((["operator"], False), (["owner"], True)):
        with pytest.raises(RoleNotInTenant):
            check_roles(roles, is_platform=is_platform)


def test_caller_covers_what_they_hold() -> None:
    caller = Caller(TenantId(new_id()), "user:x", frozenset({"a", "b"}))
    caller.check_covers(["a"])
    with pytest.raises(ScopesExceeded) as refused:
        caller.check_covers(["a", "d", "c"])
    assert refused.value.values["missing"] == ["c", "d"]


def test_user_change_keeps_what_it_does_not_name() -> None:
    before = make_user(email="a@example.com")
    after = changed(before, UserChange(display_name="李四"), NOW + HOUR)
    assert (after.email, after.roles, after.display_name) == ("a@example.com", ("issuer",), "李四")
    assert (after.version, after.updated_at) == (2, NOW + HOUR)


@pytest.mark.parametrize(
    ("change", "is_lost"),
    [
        (UserChange(is_active=False), True),
        (UserChange(roles=("viewer",)), True),
        (UserChange(roles=("viewer", "issuer")), False),
        (UserChange(roles=("developer",)), False),
        (UserChange(display_name="x"), False),
    ],
    ids=str,
)
def test_user_loses_access_when_closed_or_reduced(change: UserChange, is_lost: bool) -> None:
    before = make_user()
    assert loses_access(before, changed(before, change, NOW)) == is_lost


def test_key_rotated_ends_after_the_overlap_but_not_later_than_before() -> None:
    successor = new_id()
    assert rotated(make_key(), successor, 2 * HOUR, NOW).expires_at == NOW + 2 * HOUR
    ending = make_key(expires_at=NOW + HOUR)
    assert rotated(ending, successor, 2 * HOUR, NOW).expires_at == NOW + HOUR
    assert rotated(ending, successor, 2 * HOUR, NOW).replaced_by == successor


def test_key_not_active_or_rotated_before_cannot_be_rotated() -> None:
    for key in (make_key(revoked_at=NOW), make_key(expires_at=NOW)):
        with pytest.raises(ApiKeyNotActive):
            rotated(key, new_id(), HOUR, NOW)
    with pytest.raises(ApiKeyRotated):
        rotated(make_key(replaced_by=new_id()), new_id(), HOUR, NOW)


def test_key_successor_lives_as_long_as_the_first_one_was_meant_to() -> None:
    assert successor_expiry(make_key(), NOW) is None
    month = make_key(expires_at=NOW + 29 * 24 * HOUR)
    assert successor_expiry(month, NOW) == NOW + 30 * 24 * HOUR
