"""Draws single documents for requests: in one thread of its own, with a bounded number waiting for it."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from services.render.domain import Failure, PendingDocument
from services.render.drawing import DRAWERS, Draw, draw_documents
from services.render.errors import DrawingBusy

MOST_AT_ONCE = 8
DRAW_SECONDS = 5.0


class Redrawer:
    """Nothing is kept of what it draws: the renderer draws it again for the archive."""

    def __init__(self, drawers: Mapping[str, Draw] = DRAWERS) -> None:
        self._drawers = drawers
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="redrawing")
        self._waiting = 0

    async def draw(self, document: PendingDocument) -> str | Failure:
        """The SHA-256 of the document as it would be drawn now; raises DrawingBusy."""
        if self._waiting >= MOST_AT_ONCE:
            raise DrawingBusy(retry_after=1)
        self._waiting += 1
        try:
            draw = partial(draw_documents, [document], self._drawers, seconds=DRAW_SECONDS)
            drawing = await asyncio.get_running_loop().run_in_executor(self._thread, draw)
        finally:
            self._waiting -= 1
        for _, failure in drawing.failed:
            return failure
        return drawing.packs[0].parts[0].sha256

    def close(self) -> None:
        """Do not wait for what is being drawn."""
        self._thread.shutdown(wait=False, cancel_futures=True)
