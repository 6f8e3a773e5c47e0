"""Every default of the Kafka client that could lose or reorder is overridden, in one place."""

import ast
import asyncio
from pathlib import Path
from typing import Any

import pytest

from libs.common import kafka
from libs.common.kafka import make_consumer, make_producer, stop_quietly
from tests.helpers.servers import ROOT

pytestmark = pytest.mark.fast


def options_of(function: str) -> dict[str, Any]:
    """The keyword arguments with which the factory makes its client."""
    tree = ast.parse(Path(kafka.__file__).read_text("utf-8"))
    made = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function)
    (call,) = [node.value for node in ast.walk(made) if isinstance(node, ast.Return)]
    assert isinstance(call, ast.Call)
    return {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in call.keywords
        if keyword.arg and isinstance(keyword.value, ast.Constant)
    }


def test_producer_waits_for_all_replicas_and_is_idempotent() -> None:
    options = options_of(make_producer.__name__)
    assert (options["acks"], options["enable_idempotence"]) == ("all", True)
    assert "transactional_id" not in options


def test_consumer_commits_by_hand_and_begins_at_the_beginning() -> None:
    options = options_of(make_consumer.__name__)
    assert (options["enable_auto_commit"], options["auto_offset_reset"]) == (False, "earliest")
    assert "value_deserializer" not in options
    assert options["session_timeout_ms"] >= 4 * options["heartbeat_interval_ms"]


def test_clients_are_made_nowhere_else() -> None:
    for folder in ("libs", "services"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != Path(kafka.__file__):
                text = path.read_text("utf-8")
                assert "AIOKafkaProducer(" not in text, path
                assert "AIOKafkaConsumer(" not in text, path


async def test_stopping_a_client_that_never_stops_is_bounded() -> None:
    class Stuck:
        async def stop(self) -> None:
            await asyncio.Event().wait()

    stuck: Any = Stuck()
    await asyncio.wait_for(stop_quietly(stuck, seconds=0.05), 60)


async def test_stopping_a_client_that_raises_is_quiet() -> None:
    class Broken:
        async def stop(self) -> None:
            raise OSError

    broken: Any = Broken()
    await stop_quietly(broken)
