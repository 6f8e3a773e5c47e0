"""The servers of the local stack keep what they promise: durable, closed to strangers, back after a crash."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from minio import Minio
from minio.commonconfig import COMPLIANCE
from minio.error import S3Error
from minio.retention import Retention

from deploy.local.databases import connected
from deploy.local.running import running
from deploy.local.topics import PARTITIONS, TOPICS, create_topics
from libs.common.object_store import ObjectStore
from tests.helpers.databases import MakeDatabase
from tests.helpers.servers import ACCESS_KEY, PASSWORD, Server, make_server


async def test_postgres_durability_settings_are_on(postgres_server: Server) -> None:
    async with connected(postgres_server.url) as connection:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            assert await connection.fetchval(f"show {setting}") == "on"


async def test_postgres_wrong_password_is_refused(postgres_server: Server) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres_server.url.replace(PASSWORD, "wrong"))


async def test_database_clone_is_migrated_and_belongs_to_its_service(database: MakeDatabase) -> None:
    invoice = await database("invoice")
    async with connected(invoice.worker) as connection:
        assert await connection.fetchval("select count(*) from schema_migrations") > 0
    stranger = invoice.api.replace("ofp_invoice_api", "ofp_render_api")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(stranger)


async def test_database_asked_for_twice_gives_two(database: MakeDatabase) -> None:
    first, second = await database("auth"), await database("auth")
    async with connected(first.owner) as connection:
        await connection.execute("create table only_here ()")
    async with connected(second.owner) as connection:
        assert await connection.fetchval("select to_regclass('only_here')") is None


async def test_postgres_killed_keeps_commits_and_starts_again(tmp_path: Path) -> None:
    process, address = make_server("postgres", tmp_path)
    url = str(address["url"])
    async with running(process, tmp_path / "log") as server:
        async with connected(url) as connection:
            await connection.execute("create table kept as select 1 as one")
            busy = await asyncpg.connect(url)
            await server.kill()
            await server.start()
            busy.terminate()
        async with connected(url) as connection:
            assert await connection.fetchval("select one from kept") == 1


@pytest.mark.kafka
async def test_topics_created_twice_exist_once_with_their_partitions(kafka_server: Server) -> None:
    await create_topics(kafka_server.url)
    await create_topics(kafka_server.url)
    async with AIOKafkaConsumer(bootstrap_servers=kafka_server.url) as consumer:
        assert set(TOPICS) <= await consumer.topics()
        consumer.subscribe([TOPICS[0]])
        await consumer.getmany(timeout_ms=1000)
        assert len(consumer.partitions_for_topic(TOPICS[0]) or ()) == PARTITIONS


@pytest.mark.kafka
async def test_kafka_unknown_topic_is_not_created_by_use(kafka_server: Server) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_server.url, request_timeout_ms=2000) as producer:
        with pytest.raises(UnknownTopicOrPartitionError):
            await producer.send_and_wait("misspelt.events", b"x")


@pytest.mark.kafka
async def test_kafka_killed_keeps_acknowledged_records(tmp_path: Path) -> None:
    process, address = make_server("kafka", tmp_path)
    bootstrap = str(address["url"])
    async with running(process, tmp_path / "log") as server:
        await create_topics(bootstrap, ("kept.events",))
        async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
            await producer.send_and_wait("kept.events", b"kept", partition=0)
        await server.kill()
        await server.start()
        async with AIOKafkaConsumer(
            "kept.events", bootstrap_servers=bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            assert (await consumer.getone()).value == b"kept"


@pytest.mark.s3
async def test_object_under_compliance_lock_cannot_be_deleted(s3_server: Server) -> None:
    await ObjectStore(s3_server.url, ACCESS_KEY, PASSWORD).make_bucket("locked-bucket")
    client = _client(s3_server.url)
    retention = Retention(COMPLIANCE, datetime.now(UTC) + timedelta(days=1))
    put = client.put_object("locked-bucket", "invoice.pdf", BytesIO(b"%PDF"), 4, retention=retention)
    assert put.version_id
    with pytest.raises(S3Error, match="AccessDenied"):
        client.remove_object("locked-bucket", "invoice.pdf", version_id=put.version_id)


@pytest.mark.s3
async def test_object_store_wrong_secret_is_refused(s3_server: Server) -> None:
    with pytest.raises(S3Error, match="SignatureDoesNotMatch"):
        _client(s3_server.url, secret="wrong").list_buckets()


@pytest.mark.s3
async def test_object_store_killed_keeps_objects(tmp_path: Path) -> None:
    process, address = make_server("s3", tmp_path)
    url = str(address["url"])
    async with running(process, tmp_path / "log") as server:
        await ObjectStore(url, ACCESS_KEY, PASSWORD).make_bucket("kept-bucket")
        put = _client(url).put_object("kept-bucket", "kept", BytesIO(b"kept"), 4)
        await server.kill()
        await server.start()
        got = _client(url).get_object("kept-bucket", "kept", version_id=put.version_id)
        with got:
            assert got.read() == b"kept"
        got.release_conn()


def _client(url: str, secret: str = PASSWORD) -> Minio:
    return Minio(url.removeprefix("http://"), access_key=ACCESS_KEY, secret_key=secret, secure=False)
