"""What auth refuses, in both languages. Sign-in tells the same for an unknown name and a wrong password."""

from collections.abc import Sequence
from typing import ClassVar, Self
from uuid import UUID

from libs.common.problems import (
    Conflict,
    FieldError,
    Forbidden,
    Invalid,
    Malformed,
    TooManyRequests,
    Unauthenticated,
)


class InvalidCredentials(Unauthenticated):
    code = "invalid-credentials"
    title = "The user name or the password is not right"
    title_zh = "用户名或密码不正确"
    remedy = "Check capital letters and stray spaces; both are case-sensitive."
    remedy_zh = "请检查大小写与多余空格：用户名和密码均区分大小写。"


class SignInLocked(TooManyRequests):
    code = "sign-in-locked"
    title = "Too many wrong passwords: sign-in with this name is closed for a while"
    title_zh = "密码错误次数过多，该用户名暂时无法登录"
    remedy = "Wait for the seconds in retry_after; the lock ends by itself. API keys go on working."
    remedy_zh = "请等待 retry_after 指定的秒数，到时自动解除；API 密钥不受影响。"

    @classmethod
    def for_seconds(cls, seconds: int) -> Self:
        """The wait is in the header and, as clients asked for it, in the body."""
        problem = cls(
            f"Sign-in with this name is possible again in {seconds} s.",
            detail_zh=f"该用户名将在 {seconds} 秒后恢复登录。",
            retry_after=seconds,
        )
        problem.values["retry_after"] = seconds
        return problem


class SignInBusy(TooManyRequests):
    code = "sign-in-busy"
    title = "Too many people are signing in at this moment"
    title_zh = "当前登录人数过多"
    remedy = "Sign in again after the seconds in Retry-After."
    remedy_zh = "请在 Retry-After 指定的秒数后重新登录。"


class InvalidRefreshToken(Unauthenticated):
    code = "invalid-refresh-token"
    title = "The refresh token is not valid or was used before"
    title_zh = "刷新令牌无效或已被使用"
    remedy = "Sign in again."
    remedy_zh = "请重新登录。"


class UserSessionNeeded(Forbidden):
    code = "user-session-needed"
    title = "This is for people who are signed in"
    title_zh = "该操作仅适用于已登录的用户"
    remedy = "Use an access token from sign-in; API keys are ended by revoking them."
    remedy_zh = "请使用登录得到的访问令牌；API 密钥请通过吊销停用。"


class ScopesExceeded(Forbidden):
    code = "scopes-exceeded"
    title = "Nobody can give or take more than they hold themselves"
    title_zh = "不能授予或变更超出自身权限的内容"
    remedy = "Ask somebody who holds the scopes that are named."
    remedy_zh = "请由拥有所列权限的人员操作。"

    @classmethod
    def naming(cls, missing: Sequence[str]) -> Self:
        names = ", ".join(missing)
        return cls(f"You lack {names}.", detail_zh=f"您缺少权限：{names}。", missing=list(missing))


class RoleNotInTenant(Invalid):
    code = "role-not-in-tenant"
    title = "The role does not exist in this tenant"
    title_zh = "本租户没有该角色"
    remedy = (
        "Choose a role of the tenant; operator and support_agent exist in the platform's own tenant only."
    )
    remedy_zh = "请选择本租户的角色；operator 与 support_agent 仅存在于平台租户。"

    @classmethod
    def naming(cls, role: str) -> Self:
        detail, detail_zh = f"The role {role} does not exist here.", f"本租户没有角色 {role}。"
        return cls(detail, detail_zh=detail_zh, errors=[FieldError("/roles", cls.code, detail, detail_zh)])


class ScopeNotInTenant(Invalid):
    code = "scope-not-in-tenant"
    title = "The scope does not exist in this tenant"
    title_zh = "本租户没有该权限"
    remedy = "Choose scopes of the tenant."
    remedy_zh = "请选择本租户可用的权限。"

    @classmethod
    def naming(cls, scopes: Sequence[str]) -> Self:
        names = ", ".join(scopes)
        detail, detail_zh = f"Not a scope of this tenant: {names}.", f"本租户没有权限：{names}。"
        return cls(detail, detail_zh=detail_zh, errors=[FieldError("/scopes", cls.code, detail, detail_zh)])


class TenantNameTaken(Conflict):
    code = "tenant-name-taken"
    title = "A tenant of this name exists"
    title_zh = "租户名称已存在"


class UsernameTaken(Conflict):
    code = "username-taken"
    title = "The user name is taken"
    title_zh = "用户名已被使用"
    remedy = "Choose another user name; names are unique on the whole platform."
    remedy_zh = "请更换用户名；用户名在整个平台内唯一。"


class EmailTaken(Conflict):
    code = "email-taken"
    title = "The e-mail address belongs to another user"
    title_zh = "该邮箱地址已属于其他用户"
    remedy = "Use another address."
    remedy_zh = "请使用其他邮箱地址。"


class LastOwner(Conflict):
    code = "last-owner"
    title = "A tenant keeps at least one active owner"
    title_zh = "租户至少须保留一名有效的所有者"
    remedy = "Give another user the role owner first."
    remedy_zh = "请先将其他用户设为所有者。"


class ApiKeyNotActive(Conflict):
    code = "api-key-not-active"
    title = "The API key is revoked or expired"
    title_zh = "API 密钥已吊销或已过期"
    remedy = "Create a new key."
    remedy_zh = "请创建新的密钥。"


class ApiKeyRotated(Conflict):
    code = "api-key-rotated"
    title = "The API key was rotated before"
    title_zh = "API 密钥此前已轮换"
    remedy = "Rotate its successor; if that one's secret is lost, revoke it and create a new key."
    remedy_zh = "请轮换其后继密钥；若后继密钥已丢失，请吊销后重新创建。"

    @classmethod
    def naming(cls, successor: UUID) -> Self:
        return cls(replaced_by=str(successor))


class _OAuthMembers:
    """Adds the members of RFC 6749 section 5.2 to the problem."""

    code: ClassVar[str]
    detail: str

    def as_dict(self, *, instance: str, request_id: str) -> dict[str, object]:
        body: dict[str, object] = super().as_dict(instance=instance, request_id=request_id)  # type: ignore[misc]
        return {**body, "error": self.code.replace("-", "_"), "error_description": self.detail}


class InvalidClient(_OAuthMembers, Unauthenticated):
    code = "invalid-client"
    title = "The client id or the client secret is not right"
    title_zh = "客户端编号或密钥不正确"
    remedy = "Send the id of an active API key and its secret, by HTTP Basic or in the form, not both."
    remedy_zh = "请使用有效 API 密钥的编号与密钥，以 HTTP Basic 或表单之一提交。"
    challenge = 'Basic realm="openfapiao", charset="UTF-8"'


class InvalidTokenRequest(_OAuthMembers, Malformed):
    code = "invalid-request"
    title = "The token request is not well formed"
    title_zh = "令牌请求格式不正确"
    remedy = "Send grant_type and at most scope, client_id, client_secret, each once, as a form."
    remedy_zh = "请以表单提交 grant_type，可附 scope、client_id、client_secret，每项至多一次。"


class UnsupportedGrantType(_OAuthMembers, Malformed):
    code = "unsupported-grant-type"
    title = "Only the grant type client_credentials is offered here"
    title_zh = "此处仅支持 client_credentials 授权类型"
    remedy = "Send grant_type=client_credentials."
    remedy_zh = "请提交 grant_type=client_credentials。"


class InvalidScope(_OAuthMembers, Malformed):
    code = "invalid-scope"
    title = "The client does not hold the scope that it asks for"
    title_zh = "客户端没有所申请的权限"
    remedy = "Ask for scopes of the API key, or for none to get all of them."
    remedy_zh = "请申请该 API 密钥拥有的权限；不填则授予全部。"
