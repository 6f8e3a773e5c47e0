"""HTTP/1.1 over a bare socket, for requests that no client library would send."""

import json
import socket
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RawAnswer:
    """`status` 0: the connection was closed without an answer."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


def send_raw(port: int, *parts: bytes, timeout_seconds: float = 20) -> list[RawAnswer]:
    """Send the parts one after the other and read every answer until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_seconds) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # answered and closed before everything was sent, as it may
        return split_answers(_read_all(connection, timeout_seconds))


def _read_all(connection: socket.socket, timeout_seconds: float) -> bytes:
    received = b""
    deadline = time.monotonic() + timeout_seconds
    connection.settimeout(1.0 if timeout_seconds > 1 else timeout_seconds)
    while time.monotonic() < deadline:
        try:
            piece = connection.recv(65536)
        except TimeoutError:
            if received:
                return received
            continue
        except OSError:
            return received
        if not piece:
            return received
        received += piece
    return received


def split_answers(received: bytes) -> list[RawAnswer]:
    """Answers in the order of their arrival; bodies by Content-Length or to the end."""
    answers = []
    while b"\r\n\r\n" in received:
        head, received = received.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split(" ")[1])
        if status == 100:
            continue
        length = int(headers.get("content-length", len(received)))
        answers.append(RawAnswer(status, headers, received[:length]))
        received = received[length:]
    return answers
