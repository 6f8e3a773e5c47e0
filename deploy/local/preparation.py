"""What services find when they start: roles, databases, topics and the bucket. Harmless to repeat."""

from deploy.local.databases import SERVICES, connected, create_database, create_roles
from deploy.local.postgres import superuser_url
from deploy.local.service_processes import BUCKET
from deploy.local.stack import Stack
from deploy.local.topics import create_topics
from libs.common.object_store import ObjectStore


async def prepare(stack: Stack) -> None:
    """Needs the three servers."""
    secret = stack.credentials.get
    superuser = _superuser(stack)
    await create_roles(superuser, secret)
    for service in SERVICES:
        await create_database(superuser, service)
    await create_topics(f"127.0.0.1:{stack.port('OFP_KAFKA_PORT')}")
    url = f"http://127.0.0.1:{stack.port('OFP_S3_PORT')}"
    await ObjectStore(url, secret("s3_access_key"), secret("s3_secret_key")).make_bucket(BUCKET)


async def checkpoint(stack: Stack) -> None:
    """New databases are two thousand files: put them on disk now, not when a killed server comes back."""
    async with connected(_superuser(stack)) as connection:
        await connection.execute("checkpoint")


def _superuser(stack: Stack) -> str:
    return superuser_url(stack.port("OFP_POSTGRES_PORT"), stack.credentials.get("postgres"))
