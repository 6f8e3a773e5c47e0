"""A taken port is named with its holder and the variable that moves it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.ports import find_conflicts, is_taken
from deploy.local.process import Process

pytestmark = pytest.mark.fast


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def make_process(name: str, variable: str, port: int) -> Process:
    return Process(name=name, command=("true",), directory=Path("/"), ports={variable: port})


def test_conflict_taken_port_names_holder_and_variable(taken: int) -> None:
    (sentence,) = find_conflicts([make_process("gateway", "OFP_GATEWAY_PORT", taken)])
    assert sentence.startswith(f"port {taken} of gateway is taken by process {os.getpid()} (")
    assert sentence.endswith("): set OFP_GATEWAY_PORT in .env to a free port")


def test_conflict_port_inside_a_block_names_the_variable_of_the_block(taken: int) -> None:
    (sentence,) = find_conflicts([make_process("s3", "OFP_S3_PORT+3", taken)])
    assert "set OFP_S3_PORT in .env" in sentence


def test_conflict_one_port_for_two_processes_names_both(taken: int) -> None:
    pair = [make_process(name, f"OFP_{name.upper()}_PORT", taken) for name in ("bureau", "mailbox")]
    assert [sentence.split(" is ")[0] for sentence in find_conflicts(pair)] == [
        f"port {taken} of bureau",
        f"port {taken} of mailbox",
    ]


def test_conflict_released_port_is_none(taken: int) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    assert not is_taken(port)
    assert find_conflicts([make_process("gateway", "OFP_GATEWAY_PORT", port)]) == []
