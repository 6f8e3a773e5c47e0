"""Writes the history: a line before each call and one after it, on disk before anything else happens."""

import json
import os
import time
from pathlib import Path


class History:
    """JSON lines; a line is whole or not there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, kind: str, **fields: object) -> None:
        line = json.dumps({"time": time.time(), "type": kind, **fields}, ensure_ascii=False)
        os.write(self._file, f"{line}\n".encode())

    def close(self) -> None:
        os.close(self._file)
