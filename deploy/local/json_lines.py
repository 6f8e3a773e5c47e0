"""Copies lines from standard input to standard output and makes JSON of those that are not: a filter for logs."""

import json
import sys
from datetime import UTC, datetime


def as_json(line: str) -> str:
    """The line itself if it is a JSON object, else one with the time of its arrival."""
    if line.startswith("{"):
        try:
            json.loads(line)
        except ValueError:
            pass
        else:
            return line
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"timestamp": now, "event": line}, ensure_ascii=False)


def main() -> None:
    for line in sys.stdin.buffer:
        text = line.decode("utf-8", "replace").rstrip()
        if text:
            sys.stdout.buffer.write(as_json(text).encode() + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
