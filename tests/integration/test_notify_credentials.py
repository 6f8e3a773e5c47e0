"""notify learns API keys and their revocation from the events of auth, and from nobody else."""

import hashlib
from datetime import datetime

from deploy.local.process import wait_until
from libs.common.clock import utc_now
from libs.common.contracts.auth import ApiKeyChanged, TenantChanged
from libs.common.ids import TenantId, new_id
from tests.helpers.databases import MakeDatabase
from tests.helpers.in_process import make_client
from tests.helpers.notifying import notifying
from tests.helpers.records import as_record

SECRET = "ofp_test_0123456789abcdef"


def make_key(revoked_at: datetime | None) -> ApiKeyChanged:
    return ApiKeyChanged(
        secret_sha256=hashlib.sha256(SECRET.encode()).hexdigest(),
        scopes=("notify:read",),
        expires_at=None,
        revoked_at=revoked_at,
    )


async def test_api_key_lives_and_dies_by_events(database: MakeDatabase) -> None:
    tenant, key = TenantId(new_id()), new_id()
    known = TenantChanged(name="晴川", is_active=True, rate_per_second=100, burst=200)
    async with notifying(await database("notify")) as notify, make_client(notify.app, SECRET) as client:
        await notify.apply(
            as_record(known, tenant=tenant, subject=tenant),
            as_record(make_key(None), tenant=tenant, subject=key),
        )
        assert (await client.get("/v1/events")).status_code == 200
        await notify.apply(as_record(make_key(utc_now()), tenant=tenant, subject=key, sequence=2))

        async def is_dead() -> bool:
            return (await client.get("/v1/events")).status_code == 401

        await wait_until(is_dead, 60, "the key's death")
