"""The process table of the local stack, in the order in which it is shown."""

import sys

from deploy.local.broker import make_kafka
from deploy.local.databases import SERVICES
from deploy.local.gateway import make_gateway
from deploy.local.object_store import make_object_store
from deploy.local.postgres import make_postgres
from deploy.local.process import Process
from deploy.local.service_processes import (
    SANDBOX,
    SERVICE_PROCESSES,
    make_migration,
    make_sandbox,
    make_service,
)
from deploy.local.stack import ROOT, STACK_VARIABLES, Stack


def make_processes(stack: Stack) -> list[Process]:
    """Servers, preparation, migrations, sandbox, services, gateway; programs that are not there are left out."""
    services = [service for service in SERVICES if (ROOT / "services" / service / "__main__.py").exists()]
    sandbox = [name for name in SANDBOX if (ROOT / "sandbox" / name / "__main__.py").exists()]
    return [
        *make_servers(stack),
        make_step(stack, "prepare", needs=("postgres", "kafka", "s3")),
        *(make_migration(stack, service) for service in services),
        make_step(stack, "checkpoint", needs=("prepare", *(f"migrate-{service}" for service in services))),
        *(make_sandbox(stack, name) for name in sandbox),
        *(make_service(stack, each) for each in SERVICE_PROCESSES if each.service in services),
        make_public_gateway(stack),
    ]


def missing_programs() -> list[str]:
    """Modules of services and sandbox that this tree does not have."""
    folders = [
        *(ROOT / "services" / name for name in SERVICES),
        *(ROOT / "sandbox" / name for name in SANDBOX),
    ]
    return [
        f"{folder.parent.name}.{folder.name}" for folder in folders if not (folder / "__main__.py").exists()
    ]


def make_servers(stack: Stack) -> list[Process]:
    """What others wrote and we only run."""
    secret = stack.credentials.get
    kafka_ports = stack.port("OFP_KAFKA_PORT"), stack.port("OFP_KAFKA_CONTROLLER_PORT")
    return [
        make_postgres(stack.local / "postgres", stack.port("OFP_POSTGRES_PORT"), secret("postgres")),
        make_kafka(stack.local / "kafka" / "data", *kafka_ports, jars=stack.jars),
        make_object_store(
            stack.local / "s3",
            stack.s3_ports,
            access_key=secret("s3_access_key"),
            secret_key=secret("s3_secret_key"),
        ),
    ]


def make_step(stack: Stack, name: str, needs: tuple[str, ...]) -> Process:
    """A command of `deploy.local.preparation`, run once whenever the supervisor starts."""
    return Process(
        name=name,
        command=(sys.executable, "-m", "deploy.local", name),
        environment={name: value for name, value in stack.variables.items() if name in STACK_VARIABLES},
        directory=ROOT,
        needs=needs,
        is_once=True,
    )


def make_public_gateway(stack: Stack) -> Process:
    """Each service's api processes are one group of upstreams."""
    upstreams = {
        f"OFP_{service.upper()}_UPSTREAMS": " ".join(
            f"127.0.0.1:{stack.port(f'{each.variable}_PORT')}"
            for each in SERVICE_PROCESSES
            if each.service == service and each.part == "api"
        )
        for service in SERVICES
    }
    return make_gateway(
        stack.local / "gateway",
        stack.port("OFP_GATEWAY_PORT"),
        stack.port("OFP_GATEWAY_INTERNAL_PORT"),
        upstreams={**upstreams, "OFP_PUBLIC_FILES": str(ROOT / "docs")},
    )
