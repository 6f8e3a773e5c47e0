"""SeaweedFS as the local stack and the tests run it: one process that speaks S3 with object lock."""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.local.process import Process, http_check

# Of one SeaweedFS process, in the order of its block of ports; the S3 endpoint is the first.
PORT_OPTIONS = (
    "-s3.port",
    "-s3.port.grpc",
    "-master.port",
    "-master.port.grpc",
    "-volume.port",
    "-volume.port.grpc",
    "-filer.port",
    "-filer.port.grpc",
    "-admin.port",
    "-admin.port.grpc",
    "-metricsPort",
)
OPTIONS = (
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-master.telemetry=false",
    "-master.electionTimeout=1s",  # with the default of 10 s a killed store needs 6 s to come back
    "-s3.iam=false",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.autoCreateBucket=false",
    "-s3.allowDeleteBucketNotEmpty=false",
    "-admin.ui=false",
    "-webdav=false",
)


def find_weed() -> str:
    """The program beside the running interpreter, else on PATH."""
    beside = Path(sys.executable).parent / "weed"
    program = str(beside) if beside.exists() else shutil.which("weed")
    if program is None:
        raise FileNotFoundError("no SeaweedFS: run `make setup`")
    return program


def make_object_store(folder: Path, ports: Sequence[int], *, access_key: str, secret_key: str) -> Process:
    """The store whose volumes lie in `folder`; `ports` as many as PORT_OPTIONS."""
    listeners = tuple(f"{option}={port}" for option, port in zip(PORT_OPTIONS, ports, strict=True))
    sockets = (f"-s3.localSocket={folder.name}.s3", f"-filer.localSocket={folder.name}.filer")
    return Process(
        name="s3",
        command=(find_weed(), "-logtostderr=true", "mini", f"-dir={folder}", *OPTIONS, *sockets, *listeners),
        environment={
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "HOME": str(folder),
        },
        directory=folder,
        port=ports[0],
        ports={"OFP_S3_PORT": ports[0], **{f"OFP_S3_PORT+{n}": port for n, port in enumerate(ports) if n}},
        is_ready=http_check(f"http://127.0.0.1:{ports[0]}/healthz"),
        prepare=lambda: folder.mkdir(parents=True, exist_ok=True),
        is_log_text=True,
    )
