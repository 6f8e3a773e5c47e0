"""What auth's HTTP API takes and gives."""

from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from libs.common.request_models import Email, StrictBody, printable
from services.auth.domain.api_keys import MOST_OVERLAP_HOURS
from services.auth.domain.users import PASSWORD_MAX, PASSWORD_MIN

T = TypeVar("T")


Role = Literal["owner", "issuer", "accountant", "viewer", "developer", "operator", "support_agent"]
Scope = Literal[
    "invoice:read",
    "invoice:write",
    "invoice:allow-duplicate",
    "document:read",
    "document:write",
    "document:audit",
    "notify:read",
    "notify:write",
    "support:read",
    "support:write",
    "support:agent",
    "auth:read",
    "auth:write",
    "taxpayer:write",
    "platform:operate",
]
Environment = Literal["test", "live"]

Username = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$", examples=["zhang.san"])]
DisplayName = Annotated[str, Field(min_length=1, max_length=50), printable(50)]
NewPassword = Annotated[str, Field(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
Roles = Annotated[list[Role], Field(min_length=1, max_length=7)]


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class SignInRequest(StrictBody):
    """Both exactly as chosen: case-sensitive, spaces included."""

    username: str = Field(min_length=1, max_length=254, description="User name or e-mail address")
    password: str = Field(min_length=1, max_length=1024)


class RefreshRequest(StrictBody):
    refresh_token: str = Field(min_length=1, max_length=200)


class SessionTokens(_Answer):
    """`expires_in` seconds later the access token is dead and `refresh_token` gets the next pair, once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int
    refresh_token: str


class ClientToken(_Answer):
    """Answer of RFC 6749 section 4.4.3."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the scheme's name
    expires_in: int
    scope: str


class JsonWebKeys(_Answer):
    """RFC 7517: the key that signs, the next one, and those that signed a moment ago."""

    keys: list[dict[str, str]]


class TenantName(_Answer):
    id: UUID
    name: str


class Me(_Answer):
    """The holder of the credential; `username`, `roles` and `session_id` are null for API keys."""

    id: UUID
    kind: Literal["user", "api_key"]
    name: str
    username: str | None
    roles: list[Role] | None
    scopes: list[str]
    session_id: UUID | None
    tenant: TenantName


class SessionAnswer(_Answer):
    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    address: str
    user_agent: str
    is_current: bool = False


class CreateUserRequest(StrictBody):
    username: Username
    password: NewPassword
    display_name: DisplayName
    roles: Roles
    email: Email | None = None


class ChangeUserRequest(StrictBody):
    """What is absent or null stays as it is."""

    display_name: DisplayName | None = None
    email: Email | None = None
    roles: Roles | None = None
    is_active: bool | None = None


class UserAnswer(_Answer):
    id: UUID
    username: str
    email: str | None
    display_name: str
    roles: list[Role]
    scopes: list[str]
    is_active: bool
    version: int
    created_at: datetime
    updated_at: datetime


class CreateApiKeyRequest(StrictBody):
    name: Annotated[str, Field(min_length=1, max_length=64), printable(64)]
    scopes: list[Scope] = Field(min_length=1, max_length=20)
    environment: Environment = "test"
    expires_in_days: int | None = Field(default=None, ge=1, le=3650)


class RotateApiKeyRequest(StrictBody):
    overlap_hours: int = Field(default=24, ge=0, le=MOST_OVERLAP_HOURS)


class ApiKeyAnswer(_Answer):
    """`hint` is the end of the secret; `id` is also the OAuth client id."""

    id: UUID
    name: str
    environment: Environment
    scopes: list[str]
    hint: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    replaced_by: UUID | None


class NewApiKeyAnswer(ApiKeyAnswer):
    """The only answer that ever shows the secret."""

    secret: str


class AuditEntryAnswer(_Answer):
    id: UUID
    time: datetime
    actor: str
    action: str
    subject: UUID | None
    address: str
    request_id: str
    details: dict[str, Any]


class PageOf(_Answer, Generic[T]):
    items: list[T]
    next_cursor: str | None
    as_of: datetime
