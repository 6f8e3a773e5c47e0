"""A warm headless Chromium (Debian: chromium), asked for each page through its debugging protocol."""

import asyncio
import base64
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from bench.peers.page import write_page

COUNT = 20
START_SECONDS = 30.0
PAPER = {"paperWidth": 210 / 25.4, "paperHeight": 140 / 25.4, "printBackground": True}
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", "--no-first-run")


class Browser:
    """Numbered commands and their answers over one WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._sent = 0
        self._session: str | None = None

    async def open_page(self) -> None:
        target = await self.call("Target.createTarget", url="about:blank")
        attached = await self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]

    async def print_page(self, html: str) -> bytes:
        tree = await self.call("Page.getFrameTree")
        await self.call("Page.setDocumentContent", frameId=tree["frameTree"]["frame"]["id"], html=html)
        printed = await self.call("Page.printToPDF", **PAPER)
        return base64.b64decode(printed["data"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._sent += 1
        command = {"id": self._sent, "method": method, "params": parameters}
        await self._socket.send_json(command | ({"sessionId": self._session} if self._session else {}))
        async for message in self._socket:
            answer = message.json()
            if answer.get("id") == self._sent:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                result: dict[str, Any] = answer["result"]
                return result
        raise RuntimeError("the browser has gone")


def measure_chromium(invoices: Sequence[Mapping[str, Any]]) -> float | str:
    """CPU milliseconds of one page over all its processes; or why it could not be measured."""
    if (program := shutil.which("chromium")) is None:
        return "no chromium on this machine"
    try:
        return asyncio.run(_measure(program, [write_page(invoice) for invoice in invoices[:COUNT]]))
    except (OSError, RuntimeError, TimeoutError) as error:
        return str(error)


async def _measure(program: str, pages: Sequence[str]) -> float:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        quiet = asyncio.subprocess.DEVNULL
        child = await asyncio.create_subprocess_exec(
            program, *FLAGS, f"--user-data-dir={folder}", "about:blank", stdout=quiet, stderr=quiet
        )
        try:
            address = await asyncio.to_thread(_read_address, Path(folder) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as http, http.ws_connect(address, max_msg_size=0) as socket:
                browser = Browser(socket)
                await browser.open_page()
                for page in pages:
                    await browser.print_page(page)
                before = _cpu(child.pid)
                for page in pages:
                    await browser.print_page(page)
                return (_cpu(child.pid) - before) * 1000 / len(pages)
        finally:
            child.terminate()
            await child.wait()


def _read_address(port_file: Path) -> str:
    """Written once the browser listens: its port, and the path to speak to. Raises TimeoutError."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if port_file.exists() and len(lines := port_file.read_text().split()) == 2:
            return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise TimeoutError("the browser did not start")


def _cpu(pid: int) -> float:
    """Seconds of a process and all below it."""
    parent = psutil.Process(pid)
    times = [process.cpu_times() for process in (parent, *parent.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))
