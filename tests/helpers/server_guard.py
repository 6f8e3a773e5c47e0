"""Runs one test server until nobody uses it: `python -m tests.helpers.server_guard NAME FOLDER`.

Returns once the server is ready. A child stays behind, holds the server, and ends it when every user has released
the shared lock on `FOLDER/NAME.users`: a killed test process releases it too, so no server is ever left over.
"""

import asyncio
import fcntl
import json
import os
import shutil
import sys
from pathlib import Path

from deploy.local.running import running
from tests.helpers.servers import make_server


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        raise SystemExit(0 if os.read(reading, 1) else f"{name} did not start; see {folder / name}.log")
    os.close(reading)
    os.setsid()
    asyncio.run(_serve(name, folder, writing))


async def _serve(name: str, folder: Path, writing: int) -> None:
    process, address = make_server(name, folder)
    described = folder / f"{name}.json"
    async with running(process, folder / f"{name}.log") as server:
        described.write_text(json.dumps({"name": name, "pid": server.pid, **address}))
        os.write(writing, b"1")
        os.close(writing)
        with (folder / f"{name}.users").open("w") as users:
            await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_EX)
            await server.stop()
            shutil.rmtree(folder / name, ignore_errors=True)
            described.unlink()


if __name__ == "__main__":
    main()
