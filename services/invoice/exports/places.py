"""Where archives are kept: the platform's own store, any S3 server, or a WebDAV folder. Blocking: for threads."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote, urlsplit

import urllib3
from minio import Minio
from minio.error import MinioException, S3Error

from services.invoice.domain.export import Target, TargetKind
from services.invoice.errors import ExportTargetUnavailable
from services.invoice.exports.outbound import Guard, make_http

_PART_BYTES = 16 * 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_MEDIA_TYPE = "application/zip"


class Place(Protocol):
    """Raises ExportTargetUnavailable for whatever goes wrong."""

    def put(self, name: str, path: Path) -> None: ...

    def fetch(self, name: str, path: Path) -> None: ...


class S3Place:
    """A bucket, made if it is not there; names are put behind `prefix`."""

    def __init__(
        self, address: Target, secret: str, *, guard: Guard | None = None, read_seconds: float = 30.0
    ) -> None:
        url = urlsplit(address.url)
        self._bucket, self._prefix = address.bucket, address.prefix
        self._client = Minio(
            url.netloc,
            access_key=address.user,
            secret_key=secret,
            secure=url.scheme == "https",
            region="us-east-1",
            http_client=make_http(guard, read_seconds=read_seconds),
        )

    def put(self, name: str, path: Path) -> None:
        """In parts, of which one is in memory at a time."""
        try:
            try:
                self._put(name, path)
            except S3Error as error:
                if error.code != "NoSuchBucket":
                    raise
                self._client.make_bucket(self._bucket)
                self._put(name, path)
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _failed(error) from error

    def _put(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            self._client.put_object(
                self._bucket,
                f"{self._prefix}{name}",
                file,
                path.stat().st_size,
                content_type=_MEDIA_TYPE,
                part_size=_PART_BYTES,
                num_parallel_uploads=1,
            )

    def fetch(self, name: str, path: Path) -> None:
        with path.open("wb") as file:
            for chunk in self.stream(name):
                file.write(chunk)

    def stream(self, name: str, *, offset: int = 0, length: int = 0) -> Iterator[bytes]:
        """From `offset`, `length` bytes or all that follow; the first chunk shows that there is such an object."""
        response = None
        try:
            response = self._client.get_object(
                self._bucket, f"{self._prefix}{name}", offset=offset, length=length
            )
            yield from response.stream(_CHUNK_BYTES)
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _failed(error) from error
        finally:
            if response is not None:
                response.close()
                response.release_conn()

    def delete(self, name: str) -> None:
        """Harmless to repeat."""
        try:
            self._client.remove_object(self._bucket, f"{self._prefix}{name}")
        except S3Error as error:
            if error.code not in {"NoSuchKey", "NoSuchBucket"}:
                raise _failed(error) from error
        except (MinioException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _failed(error) from error


class WebDavPlace:
    """A folder that exists; the archive is put beside the others in it."""

    def __init__(self, address: Target, password: str, *, guard: Guard, read_seconds: float = 60.0) -> None:
        self._url = f"{address.url.rstrip('/')}/{quote(address.prefix, safe='/')}"
        self._headers = urllib3.make_headers(basic_auth=f"{address.user}:{password}")
        self._http = make_http(guard, read_seconds=read_seconds)

    def put(self, name: str, path: Path) -> None:
        with path.open("rb") as file:
            length = {"content-length": str(path.stat().st_size), "content-type": _MEDIA_TYPE}
            self._call("PUT", name, body=file, headers=length).release_conn()

    def fetch(self, name: str, path: Path) -> None:
        response = self._call("GET", name)
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(response, file, _CHUNK_BYTES)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise _failed(error) from error
        finally:
            response.release_conn()

    def _call(
        self, method: str, name: str, *, body: BinaryIO | None = None, headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        try:
            response = self._http.request(
                method,
                f"{self._url}{quote(name)}",
                body=body,
                headers={**self._headers, **(headers or {})},
                preload_content=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise _failed(error) from error
        if not 200 <= response.status < 300:
            response.release_conn()
            raise ExportTargetUnavailable(
                f"{method} was answered with {response.status}.", reason=str(response.status)
            )
        return response


def open_place(target: Target, secret: str, guard: Guard) -> Place:
    """The place of a tenant's choice."""
    if target.kind is TargetKind.S3:
        return S3Place(target, secret, guard=guard)
    return WebDavPlace(target, secret, guard=guard)


def _failed(error: Exception) -> ExportTargetUnavailable:
    """What went wrong, without what the server said: it may be anything."""
    if isinstance(error, S3Error):
        return ExportTargetUnavailable(f"The store answered {error.code}.", reason=str(error.code))
    reason = type(error).__name__
    if "refused: " in str(error):
        reason = "the address is not on the public internet"
    return ExportTargetUnavailable(f"The place did not answer ({reason}).", reason=reason)
