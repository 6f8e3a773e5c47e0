"""Single parts measured alone, in this process: checking a credential, reading documents back."""

import json
import time
from collections.abc import Sequence
from hashlib import sha256

import aiohttp

from bench.load import Answer
from bench.stack import Target
from deploy.local.databases import database_url, role_name
from deploy.local.demo.client import Client
from deploy.local.demo.tenants import USERS
from deploy.local.service_processes import common_environment
from libs.common.auth import Authenticator
from libs.common.db import open_pool
from libs.common.jwks import KeySet

_CHECKS = 50_000


async def measure_credentials(target: Target) -> dict[str, float]:
    """Warm microseconds of one check by kind of credential, with the invoice api's own authenticator."""
    stack = target.stack
    password = stack.credentials.get(role_name("invoice", "api"))
    url = database_url(stack.port("OFP_POSTGRES_PORT"), "invoice", "api", password)
    jwks_url = common_environment(stack)["OFP_JWKS_URL"]
    credentials = {"API key": target.account.api_key, "token": _sign_in(target)}
    async with (
        open_pool(url, connections=1, name="bench") as pool,
        aiohttp.ClientSession() as http,
    ):
        authenticator = Authenticator(pool, KeySet(jwks_url, http))
        return {
            name: await _measure_check(authenticator, f"Bearer {value}")
            for name, value in credentials.items()
        }


async def _measure_check(authenticator: Authenticator, header: str) -> float:
    await authenticator.authenticate(header)
    began = time.process_time()
    for _ in range(_CHECKS):
        await authenticator.authenticate(header)
    return (time.process_time() - began) * 1e6 / _CHECKS


def _sign_in(target: Target) -> str:
    passwords = json.loads((target.stack.local / "demo-state.json").read_text())
    who = {"username": USERS["OFP"][1], "password": passwords["OFP"]}
    answer = Client(f"http://127.0.0.1:{target.port}", "").post("/v1/auth/sign-in", who)
    token: str = answer.expect(200)["access_token"]
    return token


def count_damaged(target: Target, answers: Sequence[Answer], sample: int) -> int:
    """Of a sample of accepted invoices: PDFs that cannot be fetched or do not have the recorded hash."""
    accepted = [answer.invoice_id for answer in answers if answer.status == 201]
    client, damaged = target.account.client, 0
    for invoice_id in accepted[:: max(1, len(accepted) // sample)]:
        documents = client.get(f"/v1/invoices/{invoice_id}/documents").json["items"]
        recorded = next(item["sha256"] for item in documents if item["format"] == "pdf")
        content = client.get(f"/v1/invoices/{invoice_id}/documents/pdf").content
        damaged += sha256(content).hexdigest() != recorded
    return damaged
