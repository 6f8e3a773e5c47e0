"""Auth as real processes: two apis and a worker around Postgres and Kafka."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from deploy.local.process import Process, http_check, wait_until
from deploy.local.running import Running, running
from deploy.local.topics import create_topics
from tests.helpers.auth_desk import PASSWORD, SECRET
from tests.helpers.databases import MakeDatabase
from tests.helpers.servers import ROOT, Server, free_ports

pytestmark = pytest.mark.kafka

REVOCATION_SECONDS = 5.0
WANTED = {
    "tenants": [{"name": "武汉晴川数码科技有限公司", "rate_per_second": 5000, "burst": 10000}],
    "users": [
        {
            "tenant": "武汉晴川数码科技有限公司",
            "username": "demo",
            "password": PASSWORD,
            "roles": ["owner"],
            "display_name": "张三",
        }
    ],
    "api_keys": [{"tenant": "武汉晴川数码科技有限公司", "name": "demo"}],
}


@dataclass
class Auth:
    """`apis` are the public addresses; `made` is what the command line printed."""

    apis: list[str]
    made: dict[str, list[dict[str, Any]]]
    processes: list[Running]
    logs: list[Path]
    http: aiohttp.ClientSession

    async def call(
        self, api: int, method: str, path: str, body: object = None, *, bearer: str = ""
    ) -> tuple[int, Any]:
        headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
        url = f"{self.apis[api]}/v1/auth{path}"
        async with self.http.request(method, url, json=body, headers=headers) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def sign_in(self) -> str:
        """An access token of the demo user."""
        status, tokens = await self.call(0, "POST", "/sign-in", {"username": "demo", "password": PASSWORD})
        assert status == 200, tokens
        token: str = tokens["access_token"]
        return token

    async def until(self, api: int, bearer: str, status: int) -> float:
        """Seconds until `me` answers with that status at that process."""
        started = time.monotonic()

        async def holds() -> bool:
            return (await self.call(api, "GET", "/me", bearer=bearer))[0] == status

        await wait_until(holds, 60, f"status {status}")
        return time.monotonic() - started


def make_process(part: str, number: int, environment: Mapping[str, str]) -> tuple[Process, int]:
    public, internal = free_ports(2)
    ports = {"OFP_HTTP_PORT": str(public), "OFP_INTERNAL_PORT": str(internal)}
    process = Process(
        name=f"auth-{part}-{number}",
        command=(sys.executable, "-m", "services.auth", part),
        environment={**environment, **ports},
        directory=ROOT,
        port=public if part == "api" else internal,
        is_ready=http_check(f"http://127.0.0.1:{internal}/health/ready"),
    )
    return process, public


async def bootstrap(environment: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    command = (sys.executable, "-m", "services.auth.bootstrap")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, env={**environment}, stdin=pipe, stdout=pipe
    )
    out, _ = await process.communicate(json.dumps(WANTED).encode())
    made: dict[str, list[dict[str, Any]]] = json.loads(out)
    return made


@pytest.fixture
async def auth(database: MakeDatabase, kafka_server: Server, tmp_path: Path) -> AsyncIterator[Auth]:
    own = await database("auth")
    await create_topics(kafka_server.url)
    common = {
        "OFP_KAFKA_BOOTSTRAP": kafka_server.url,
        "OFP_KEY_ENCRYPTION_SECRET": SECRET,
        "OFP_ENVIRONMENT": "local",
        "OFP_DRAIN_SECONDS": "0",
    }
    urls = {"api": own.api, "worker": own.worker}
    parts = [
        make_process(part, number, {**common, "OFP_DATABASE_URL": urls[part]})
        for number, part in enumerate(("api", "api", "worker"))
    ]
    logs = [tmp_path / f"{process.name}.jsonl" for process, _ in parts]
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        started = [
            await stack.enter_async_context(running(process, log))
            for (process, _), log in zip(parts, logs, strict=True)
        ]
        made = await bootstrap({**common, "OFP_DATABASE_URL": own.worker})
        apis = [f"http://127.0.0.1:{public}" for _, public in parts[:2]]
        yield Auth(apis, made, started, logs, http)


async def test_credentials_work_and_die_at_another_process(auth: Auth) -> None:
    """The answer of one process is the truth at the other, by Kafka, within the promised time."""
    token = await auth.sign_in()
    await auth.until(1, token, 200)
    # The best of three: a machine may stall for longer than what is promised.
    assert min([await _revoke_key(auth, token) for _ in range(3)]) < REVOCATION_SECONDS
    status, _ = await auth.call(0, "POST", "/sign-out", bearer=token)
    assert status == 204
    await auth.until(1, token, 401)


async def _revoke_key(auth: Auth, token: str) -> float:
    """Seconds until the other process refuses a key that was made and revoked at the first."""
    body = {"name": "erp", "scopes": ["invoice:read"]}
    status, key = await auth.call(0, "POST", "/api-keys", body, bearer=token)
    assert status == 201
    await auth.until(1, key["secret"], 200)
    status, _ = await auth.call(0, "DELETE", f"/api-keys/{key['id']}", bearer=token)
    assert status == 204
    return await auth.until(1, key["secret"], 401)


async def test_processes_end_on_request_and_logged_no_secret(auth: Auth) -> None:
    token = await auth.sign_in()
    secret = auth.made["api_keys"][0]["secret"]
    await auth.until(0, secret, 200)
    await auth.call(0, "GET", f"/me?api_key={secret}")
    await auth.call(1, "POST", "/sign-in", {"username": "demo", "password": "Canary of wrong passwords"})
    for process in auth.processes:
        await process.stop()
    logged = "".join(log.read_text() for log in auth.logs)
    for line in logged.splitlines():
        json.loads(line)
    assert logged.count("process_stopped") == 3
    assert '"level": "error"' not in logged
    for text in (token, secret, PASSWORD, "Canary of wrong passwords", SECRET):
        assert text not in logged
