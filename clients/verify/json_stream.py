"""Reads a JSON object of any size member by member, of an array item by item, and holds no more than one of them."""

import codecs
import json
from collections.abc import Iterable, Iterator
from typing import Any

from . import canonical

MOST_CHARACTERS = 8 * 1024 * 1024
_BLANK = " \t\r\n"


class BadJson(ValueError):  # noqa: N818
    """The text is cut off, no JSON object, or one of its values is too large."""


def read_members(chunks: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    """(name, value) of each member; where that is an array, (name, item) of each item."""
    text = _Text(chunks)
    text.take("{")
    is_first = True
    while text.peek() != "}":
        if not is_first:
            text.take(",")
        is_first = False
        name = text.read_value()
        if not isinstance(name, str):
            raise BadJson("a member without a name")
        text.take(":")
        if text.peek() == "[":
            yield from ((name, item) for item in _read_items(text))
        else:
            yield name, text.read_value()


def _read_items(text: "_Text") -> Iterator[Any]:
    text.take("[")
    is_first = True
    while text.peek() != "]":
        if not is_first:
            text.take(",")
        is_first = False
        yield text.read_value()
    text.take("]")


class _Text:
    """What has been read of the text and not yet been taken."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._values = json.JSONDecoder(object_pairs_hook=canonical.read_object)
        self._held, self._at, self._is_over = "", 0, False

    def peek(self) -> str:
        """The next character that is not blank; raises BadJson at the end."""
        while True:
            while self._at < len(self._held):
                if self._held[self._at] not in _BLANK:
                    return self._held[self._at]
                self._at += 1
            if not self._read_on():
                raise BadJson("cut off")

    def take(self, character: str) -> None:
        if self.peek() != character:
            raise BadJson(f"no {character} where one belongs")
        self._at += 1

    def read_value(self) -> Any:
        """One that ends where the held text ends may go on: a number, for instance."""
        self.peek()
        while True:
            try:
                value, end = self._values.raw_decode(self._held, self._at)
            except RecursionError:
                raise BadJson("nested too deeply") from None
            except ValueError as error:
                if not self._read_on():
                    raise BadJson(str(error)) from None
                continue
            if end < len(self._held) or not self._read_on():
                self._at = end
                return value

    def _read_on(self) -> bool:
        """At least as much again as is held, so that a large value is not read over and over; False at the end."""
        if self._is_over:
            return False
        self._held, self._at = self._held[self._at :], 0
        wanted = 2 * len(self._held) + 1
        parts = [self._held]
        length = len(self._held)
        if length > MOST_CHARACTERS:
            raise BadJson("a value is too large")
        while length < wanted and not self._is_over:
            chunk = next(self._chunks, None)
            self._is_over = chunk is None
            try:
                parts.append(self._decode(chunk or b"", self._is_over))
            except UnicodeDecodeError:
                raise BadJson("not UTF-8") from None
            length += len(parts[-1])
        self._held = "".join(parts)
        return True
