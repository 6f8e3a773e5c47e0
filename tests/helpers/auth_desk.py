"""The auth service in process against a real database, with a clock that can be put forward."""

import hashlib
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp

from libs.common.app import create_app
from libs.common.auth import Authenticator
from libs.common.clock import utc_now
from libs.common.db import Pool, open_pool, transaction
from libs.common.dead_letters import Record
from libs.common.ids import TenantId, new_id
from services.auth.commands.api_keys import CreateApiKey, create_api_key
from services.auth.commands.tenants import CreateTenant, create_tenant
from services.auth.commands.users import CreateUser, create_user
from services.auth.domain.api_keys import credential
from services.auth.domain.callers import Caller
from services.auth.domain.roles import PLATFORM_SCOPES, TENANT_SCOPES
from services.auth.main import HANDLERS, build, open_resources
from services.auth.resources import Resources
from services.auth.secret_keys import new_secret
from services.auth.settings import AuthSettings
from tests.helpers.databases import Database
from tests.helpers.delivery import deliver, take_records

SECRET = "a-secret-for-tests-of-32-characters"
PASSWORD = "Right horse 9"
ADDRESS = "203.0.113.7"


@dataclass
class Clock:
    """The real time plus what it was put forward by."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def advance(self, **time: float) -> None:
        self.ahead += timedelta(**time)


@dataclass(frozen=True)
class Person:
    """A user and what they need to sign in."""

    id: str
    tenant: TenantId
    username: str
    email: str
    password: str = PASSWORD


@dataclass
class AuthDesk:
    """`api_pool` has the reach of a request, `worker_pool` that of the worker."""

    app: ASGIApp
    resources: Resources
    worker_pool: Pool
    database: Database
    clock: Clock

    @property
    def api_pool(self) -> Pool:
        return self.resources.pool

    async def call(
        self, method: str, path: str, body: object = None, *, bearer: str | None = None, **headers: str
    ) -> httpx.Response:
        """With a JSON body, if there is one."""
        if bearer is not None:
            headers["authorization"] = f"Bearer {bearer}"
        if body is None:
            return await self.raw(method, path, b"", **headers)
        content = json.dumps(body).encode()
        return await self.raw(method, path, content, content_type="application/json", **headers)

    async def form(self, fields: dict[str, str], **headers: str) -> httpx.Response:
        media_type = "application/x-www-form-urlencoded"
        return await self.raw(
            "POST", "/token", urlencode(fields).encode(), content_type=media_type, **headers
        )

    async def raw(self, method: str, path: str, content: bytes, **headers: str) -> httpx.Response:
        """Underscores in header names become hyphens."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        transport = httpx.ASGITransport(self.app, client=(ADDRESS, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
            return await http.request(method, f"/v1/auth{path}", content=content, headers=sent)

    async def sign_in(self, username: str, password: str = PASSWORD) -> httpx.Response:
        return await self.call("POST", "/sign-in", {"username": username, "password": password})

    async def tokens(self, person: Person) -> dict[str, Any]:
        answer = await self.sign_in(person.username, person.password)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def refresh(self, refresh_token: str) -> httpx.Response:
        return await self.call("POST", "/refresh", {"refresh_token": refresh_token})

    async def make_tenant(self, *, is_platform: bool = False, rate_per_second: int = 5000) -> TenantId:
        """A tenant of which every service has heard."""
        tenant = TenantId(new_id())
        command = CreateTenant(
            id=tenant,
            name=f"租户 {tenant}",
            is_platform=is_platform,
            rate_per_second=rate_per_second,
            burst=2 * rate_per_second,
        )
        async with transaction(self.worker_pool) as tx:
            await create_tenant(tx, command, everything(tenant), now=self.clock())
        await self.deliver_events()
        return tenant

    async def make_user(
        self, tenant: TenantId, roles: Sequence[str] = ("owner",), password: str = PASSWORD
    ) -> Person:
        """With a name of their own."""
        username = f"user-{new_id().hex[-12:]}"
        email = f"{username}@example.com"
        password_hash = await self.resources.passwords.hash(password)
        command = CreateUser(username, email, "张三", password_hash, tuple(roles))
        async with transaction(self.worker_pool) as tx:
            user = await create_user(tx, command, everything(tenant), now=self.clock())
        return Person(str(user.id), tenant, username, email, password)

    async def make_api_key(
        self,
        tenant: TenantId,
        scopes: Sequence[str] = tuple(TENANT_SCOPES),
        lifetime: timedelta | None = None,
    ) -> tuple[str, str]:
        """Its id and the whole credential, known to the authenticator."""
        secret = new_secret()
        command = CreateApiKey("key", "test", tuple(scopes), secret, lifetime)
        async with transaction(self.worker_pool) as tx:
            key = await create_api_key(tx, command, everything(tenant), now=self.clock())
        await self.deliver_events()
        return str(key.id), credential("test", secret)

    async def deliver_events(self) -> list[Record]:
        """What Kafka does: everything in the outbox reaches the consumer, here this service's own."""
        records = await take_records(self.worker_pool)
        await deliver(self.worker_pool, HANDLERS, records)
        return records

    async def events(self, event_type: str) -> list[Any]:
        """Subjects and payloads of that type, oldest first."""
        statement = "select subject, payload from outbox where type = $1 order by position"
        async with transaction(self.worker_pool) as tx:
            return list(await tx.fetch(statement, event_type))

    async def audit(self, tenant: TenantId) -> list[str]:
        """Actions, oldest first."""
        statement = "select action from audit_entries where tenant_id = $1 order by id"
        async with transaction(self.worker_pool) as tx:
            return [row["action"] for row in await tx.fetch(statement, tenant)]


def everything(tenant: TenantId) -> Caller:
    """Somebody who may do all."""
    return Caller(tenant, "test", TENANT_SCOPES | PLATFORM_SCOPES)


def sha256_hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_settings(database: Database, url: str | None = None, **more: Any) -> AuthSettings:
    return AuthSettings(
        environment="local", database_url=url or database.api, key_encryption_secret=SECRET, **more
    )


@asynccontextmanager
async def open_auth_desk(database: Database, **settings: Any) -> AsyncIterator[AuthDesk]:
    """Everything but listeners and Kafka."""
    configured = make_settings(database, **settings)
    clock = Clock()
    async with (
        open_pool(database.api, connections=8, name="test-auth-api") as api_pool,
        open_pool(database.worker, connections=4, name="test-auth-worker") as worker_pool,
        open_resources(api_pool, configured, clock) as resources,
    ):
        authenticator = Authenticator(api_pool, resources.key_ring)
        app = create_app(build(), configured, authenticator, resources=resources)
        yield AuthDesk(app, resources, worker_pool, database, clock)
