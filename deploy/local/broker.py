"""Apache Kafka as the local stack and the tests run it: one KRaft node on loopback."""

import base64
import os
import subprocess
from pathlib import Path
from uuid import uuid4

from deploy.local.jars import fetch_jars
from deploy.local.process import Process, tcp_check

POM = Path(__file__).parent / "kafka" / "pom.xml"
LOGGING = Path(__file__).parent / "kafka" / "log4j2.xml"
NODE_ID = "1"

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": NODE_ID,
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    # A killed broker may not register again before its old session has ended.
    "broker.session.timeout.ms": "1500",
    "broker.heartbeat.interval.ms": "300",
    "auto.create.topics.enable": "false",
    "num.partitions": "8",
    "offsets.topic.num.partitions": "8",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "log.retention.hours": "168",
    "message.max.bytes": "5242880",  # a payload of 4 MiB, which the outbox takes, and its headers
    "num.network.threads": "2",
    "num.io.threads": "4",
}


def copy_jars(jars: Path) -> None:
    """Fetch the broker's jars once."""
    fetch_jars(jars, POM, "the broker's jars (44 MB)")


def make_kafka(folder: Path, port: int, controller_port: int, *, jars: Path, heap: str = "512m") -> Process:
    """The broker whose log lies in `folder`, formatted on first start."""
    listeners = f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}"
    settings = {
        **SETTINGS,
        "listeners": listeners,
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
        "controller.quorum.voters": f"{NODE_ID}@127.0.0.1:{controller_port}",
        "log.dirs": str(folder / "log"),
    }
    # A start costs a third of the CPU with quick compilation and the classes that formatting has archived.
    java = ("java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
    arguments = (f"-Dlog4j2.configurationFile={LOGGING}", "-cp", f"{jars}/*")
    classes = folder / "classes.jsa"
    properties = folder / "server.properties"
    formatting = (
        *java,
        f"-XX:ArchiveClassesAtExit={classes}",
        *arguments,
        "kafka.tools.StorageTool",
        "format",
    )
    return Process(
        name="kafka",
        command=(*java, f"-XX:SharedArchiveFile={classes}", *arguments, "kafka.Kafka", str(properties)),
        environment={"PATH": os.environ["PATH"]},
        directory=folder,
        port=port,
        ports={"OFP_KAFKA_PORT": port, "OFP_KAFKA_CONTROLLER_PORT": controller_port},
        is_ready=tcp_check(port),
        prepare=lambda: _prepare(properties, settings, formatting),
    )


def _prepare(properties: Path, settings: dict[str, str], formatting: tuple[str, ...]) -> None:
    properties.parent.mkdir(parents=True, exist_ok=True)
    properties.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    if (Path(settings["log.dirs"]) / "meta.properties").exists():
        return
    cluster_id = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
    # With an equals sign, for one id in 64 begins with a dash.
    options = [f"--cluster-id={cluster_id}", "--config", str(properties)]
    subprocess.run([*formatting, *options], check=True, capture_output=True)
