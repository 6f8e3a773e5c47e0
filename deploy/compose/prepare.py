"""`python -m deploy.compose.prepare`: roles, databases, topics and bucket on the servers of docker-compose.yml."""

import asyncio
import os

from deploy.local.databases import SERVICES, create_database, create_roles
from deploy.local.topics import create_topics
from libs.common.object_store import ObjectStore


async def prepare() -> None:
    """Harmless to repeat; ends with an error while a server is away, so that it is started again."""
    superuser = os.environ["OFP_POSTGRES_SUPERUSER_URL"]
    await create_roles(superuser, lambda _: os.environ["OFP_DATABASE_PASSWORD"])
    for service in SERVICES:
        await create_database(superuser, service)
    await create_topics(os.environ["OFP_KAFKA_BOOTSTRAP"])
    store = ObjectStore(
        os.environ["OFP_S3_URL"], os.environ["OFP_S3_ACCESS_KEY"], os.environ["OFP_S3_SECRET_KEY"]
    )
    await store.make_bucket(os.environ["OFP_S3_BUCKET"])


if __name__ == "__main__":
    asyncio.run(prepare())
