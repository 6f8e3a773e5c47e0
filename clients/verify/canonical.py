"""JSON as it is signed and hashed: RFC 8785 for objects, lists, texts, integers and null."""

import json
from collections.abc import Sequence
from typing import Any

MOST_DIGITS = 16


class NotCanonical(ValueError):  # noqa: N818
    """The bytes are not the one canonical form of what they say."""


def encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def decode(content: bytes | str) -> Any:
    """One JSON text without repeated names; raises ValueError, whatever is wrong."""
    try:
        return json.loads(
            content, object_pairs_hook=read_object, parse_float=_refuse, parse_int=_read_integer
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def decode_canonical(content: bytes) -> Any:
    """Raises NotCanonical, so that two readers never understand one signed text differently."""
    try:
        value = decode(content)
        is_canonical = encode(value) == content
    except ValueError as error:
        raise NotCanonical(str(error)) from None
    if not is_canonical:
        raise NotCanonical("the members are in another order, or there is a space too much")
    return value


def read_object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _read_integer(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise ValueError("a number is too long")
    return int(text)


def _refuse(text: str) -> Any:
    raise ValueError(f"{text[:MOST_DIGITS]} is not an integer")
