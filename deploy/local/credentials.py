"""Passwords and keys of one local stack: made once, kept in a file that only its owner can read."""

import json
import os
import secrets
from pathlib import Path


class Credentials:
    """Named secrets; a name asked for the first time gets a random value that stays."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def get(self, name: str, length: int = 24) -> str:
        """So many random bytes in base64 (URL alphabet)."""
        if name not in self._values:
            self._values[name] = secrets.token_urlsafe(length)
            self._save()
        return self._values[name]

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(self._values, file, indent=1)
        draft.replace(self._path)
