"""A WebDAV folder on loopback for tests: takes and gives files, asks for a password, redirects if told to."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USER, PASSWORD = "backup", "a password: of the tests"
_AUTHORIZATION = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


@dataclass
class WebDavFolder:
    """`files` by path; `status` answers every PUT where it is set; a redirect leads to `/inside`."""

    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    status: int = 0
    asked: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/dav"


@contextmanager
def serve_webdav() -> Iterator[WebDavFolder]:
    folder = WebDavFolder()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            folder.asked.append(self.path)
            content = self.rfile.read(int(self.headers["content-length"]))
            if self.headers["authorization"] != _AUTHORIZATION:
                self._answer(401)
            elif folder.status:
                self._answer(folder.status)
            else:
                folder.files[self.path] = content
                self._answer(201)

        def do_GET(self) -> None:
            folder.asked.append(self.path)
            content = folder.files.get(self.path)
            self._answer(404 if content is None else 200, content or b"")

        def _answer(self, status: int, content: bytes = b"") -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            if 300 <= status < 400:
                self.send_header("location", "/inside")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()
