"""What somebody who has taken over a reader might try in the jail. Small, for the jail's process has to load it."""

import os
import socket


def open_file() -> str:
    try:
        with open("/etc/passwd", encoding="utf-8") as file:
            return file.read()
    except OSError as error:
        return type(error).__name__


def write_file() -> str:
    try:
        with open("/tmp/verification-escaped", "w", encoding="utf-8") as file:  # noqa: S108
            return str(file.write("x"))
    except OSError as error:
        return type(error).__name__


def open_socket() -> str:
    try:
        return str(socket.create_connection(("127.0.0.1", 9)))
    except OSError as error:
        return f"{type(error).__name__} {error.errno}"


def read_secrets() -> str:
    return str(dict(os.environ))


def take_memory() -> str:
    try:
        return str(len(bytearray(1024**3)))
    except MemoryError as error:
        return type(error).__name__


def take_time() -> str:
    while True:
        pass


def fail_with_words() -> str:
    raise LookupError("words of a stranger")


def answer_at_length() -> str:
    return "x" * 10_000_000
