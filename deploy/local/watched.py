"""A process seen through its pidfd: a child of ours, or one that an earlier supervisor started."""

import asyncio
import os
import signal
from contextlib import suppress


class Watched:
    """The descriptor means this one process for ever, even if its number is used again."""

    def __init__(self, pid: int) -> None:
        """Raises ProcessLookupError if there is no such process."""
        self.pid = pid
        self._descriptor = os.pidfd_open(pid)

    async def wait(self) -> int | None:
        """Until it has ended: its exit code, negative for a signal, None where only its parent could know."""
        loop = asyncio.get_running_loop()
        gone = asyncio.Event()
        loop.add_reader(self._descriptor, gone.set)
        try:
            await gone.wait()
        finally:
            loop.remove_reader(self._descriptor)
        try:
            end = os.waitid(os.P_PIDFD, self._descriptor, os.WEXITED | os.WNOHANG)  # noqa: ASYNC222 - WNOHANG
        except ChildProcessError:
            return None
        if end is None:
            return None
        return end.si_status if end.si_code == os.CLD_EXITED else -end.si_status

    def send(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    async def stop(self, number: signal.Signals, patience_seconds: float) -> None:
        """Ask, then insist."""
        self.send(number)
        try:
            await asyncio.wait_for(self.wait(), patience_seconds)
        except TimeoutError:
            self.send(signal.SIGKILL)
            await self.wait()

    def close(self) -> None:
        os.close(self._descriptor)
