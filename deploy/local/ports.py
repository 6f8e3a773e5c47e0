"""Says clearly which port is taken, by whom, and which variable moves it."""

import socket
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

import psutil

from deploy.local.process import Process


def find_conflicts(processes: Iterable[Process]) -> list[str]:
    """One sentence for every port that a process about to start would not get."""
    wanted = [
        (process.name, variable, port) for process in processes for variable, port in process.ports.items()
    ]
    times = Counter(port for _, _, port in wanted)
    return [
        f"port {port} of {name} {'is given to two processes' if times[port] > 1 else f'is taken by {holder(port)}'}: "
        f"set {variable.partition('+')[0]} in .env to a free port"
        for name, variable, port in wanted
        if times[port] > 1 or is_taken(port)
    ]


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def holder(port: int) -> str:
    """Who listens there, as far as this user may know."""
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == port and connection.pid:
                process = psutil.Process(connection.pid)
                return f"process {process.pid} ({' '.join(process.cmdline())[:70] or process.name()})"
    return "another program"
