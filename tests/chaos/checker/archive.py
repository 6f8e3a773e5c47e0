"""Reads each recorded document from the object store, exactly where the record says it lies."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from minio import Minio

from tests.chaos.checker.addresses import Addresses
from tests.chaos.checker.evidence import Document


async def read_archive(addresses: Addresses, rows: Sequence[Mapping[str, Any]]) -> list[Document]:
    """`rows` are those of render's table."""
    client = Minio(
        urlsplit(addresses.s3).netloc,
        access_key=addresses.s3_access_key,
        secret_key=addresses.s3_secret_key,
        secure=False,
    )
    return await asyncio.to_thread(lambda: [_read(client, row) for row in rows])


def _read(client: Minio, row: Mapping[str, Any]) -> Document:
    recorded: dict[str, Any] = {name: row[name] or "" for name in ("invoice_id", "format", "state", "sha256")}
    if row["state"] != "ready":
        return Document(**recorded)
    try:
        content = _read_slice(client, row)
    except Exception as error:  # noqa: BLE001 - whatever keeps the bytes away is the finding
        return Document(**recorded, problem=repr(error)[:200])
    digest = hashlib.sha256(content).hexdigest()
    return Document(**recorded, found_sha256=digest, found_start=content[:5])


def _read_slice(client: Minio, row: Mapping[str, Any]) -> bytes:
    answer = client.get_object(
        row["bucket"],
        row["object_key"],
        offset=row["object_offset"],
        length=row["size"],
        version_id=row["object_version_id"],
    )
    try:
        content: bytes = answer.read()
        return content
    finally:
        answer.close()
        answer.release_conn()
