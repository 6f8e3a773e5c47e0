"""The invoices that are posted: varied in lines, forms, rates, buyers and kinds, the same for the same seed."""

import json
import random
from collections.abc import Iterator
from typing import Any

from deploy.local.demo.bodies import varied_bodies

# A body of each is written out before the load starts; what is sent differs in its reference only.
VARIETY = 400
_PLACEHOLDER = "@" * 24


def make_bodies(seed: str) -> list[bytes]:
    """Bodies with a place for the reference; nobody is mailed, so what is measured ends at the inbox."""
    chance = random.Random(seed)
    bodies = [_without_mail(body) for _, body in varied_bodies(seed, VARIETY)]
    chance.shuffle(bodies)
    return [json.dumps(body, ensure_ascii=False).encode() for body in bodies]


def make_requests(bodies: list[bytes], count: int, *, api_key: str, run: str) -> Iterator[bytes]:
    """HTTP/1.1 requests, each with a key and a reference of its own."""
    for number in range(count):
        name = f"{run}-{number:08}".rjust(len(_PLACEHOLDER), "0")
        body = bodies[number % len(bodies)].replace(_PLACEHOLDER.encode(), name.encode())
        head = (
            f"POST /v1/invoices HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {api_key}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {name}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


def make_lines(bodies: list[bytes], count: int, *, run: str) -> bytes:
    """JSON lines for a bulk job, each with a reference of its own."""
    names = (f"{run}-{number:08}".rjust(len(_PLACEHOLDER), "0") for number in range(count))
    return b"\n".join(
        bodies[number % len(bodies)].replace(_PLACEHOLDER.encode(), name.encode())
        for number, name in enumerate(names)
    )


def _without_mail(body: dict[str, Any]) -> dict[str, Any]:
    del body["deliver"]
    return body | {"reference": _PLACEHOLDER}
