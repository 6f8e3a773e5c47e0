"""A service's api in process: no listener, no Kafka, and credentials as its own database has them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import httpx
from fastapi import FastAPI
from starlette.types import ASGIApp

from libs.common.app import create_app
from libs.common.auth import Authenticator
from libs.common.jwks import KeySet
from libs.common.problems import Unavailable
from libs.common.settings import Settings

NOBODY = "http://127.0.0.1:9/none"
MOST_TRIES = 5


class PatientTransport(httpx.ASGITransport):
    """Repeats what was not done because the database did not answer, as clients are told to: a machine may stall."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for _ in range(MOST_TRIES):
            answer = await super().handle_async_request(request)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE or not _is_repeatable(request):
                break
            await answer.aread()
            if answer.json().get("code") != Unavailable.code:
                break
        return answer


def _is_repeatable(request: httpx.Request) -> bool:
    return request.method == "GET" or "idempotency-key" in request.headers


@asynccontextmanager
async def open_app(api: FastAPI, settings: Settings, resources: Any) -> AsyncIterator[ASGIApp]:
    """API keys open it; there is no auth whose public keys it could fetch."""
    async with aiohttp.ClientSession() as http:
        authenticator = Authenticator(resources.pool, KeySet(NOBODY, http))
        yield create_app(api, settings, authenticator, resources=resources)


def make_client(app: ASGIApp, secret: str) -> httpx.AsyncClient:
    """With the credential; a failure of the app is an answer too."""
    transport = PatientTransport(app=app, raise_app_exceptions=False)
    headers = {"authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers, timeout=60)
