"""The topics of the platform: one a publishing service, none is created by use."""

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from deploy.local.databases import SERVICES

TOPICS = tuple(f"{service}.events" for service in SERVICES)
PARTITIONS = 8


async def create_topics(bootstrap: str, names: tuple[str, ...] = TOPICS) -> None:
    """Create what is missing."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        wanted = [NewTopic(name, num_partitions=PARTITIONS, replication_factor=1) for name in names]
        answer = await admin.create_topics(wanted)
    finally:
        await admin.close()
    for name, code, *_ in answer.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(name)
