"""The processes of our own programs: services, their migrations, and the sandbox, with all they are told."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.local.databases import SERVICES, database_url, role_name
from deploy.local.process import Process, http_check
from deploy.local.stack import ROOT, Stack

BUCKET = "openfapiao-documents"
SANDBOX = ("bureau", "mailbox")


@dataclass(frozen=True)
class ServiceProcess:
    """One process of a service, and the part of the service it runs."""

    service: str
    part: str
    number: int = 1

    @property
    def name(self) -> str:
        return f"{self.service}-{self.part}-{self.number}"

    @property
    def variable(self) -> str:
        """Beginning of the variables that move its ports."""
        return f"OFP_{self.name.upper().replace('-', '_')}"


# What a user may set for all services.
PASSED_ON = ("OFP_RENDER_FORMATS",)
API_PROCESSES = {"invoice": 2}
SERVICE_PROCESSES = tuple(
    ServiceProcess(service, part, number)
    for service in SERVICES
    for part, count in (("api", API_PROCESSES.get(service, 1)), ("worker", 1))
    for number in range(1, count + 1)
)


def make_service(stack: Stack, each: ServiceProcess) -> Process:
    """An api process has a port behind the gateway and an internal one; a worker only the latter."""
    internal = stack.port(f"{each.variable}_INTERNAL_PORT")
    ports = {f"{each.variable}_INTERNAL_PORT": internal}
    if each.part == "api":
        ports[f"{each.variable}_PORT"] = stack.port(f"{each.variable}_PORT")
    return Process(
        name=each.name,
        command=(sys.executable, "-m", f"services.{each.service}", each.part),
        environment={
            **common_environment(stack),
            **service_environment(stack, each.service, each.part),
            "OFP_HTTP_PORT": str(ports.get(f"{each.variable}_PORT", 0)),
            "OFP_INTERNAL_PORT": str(internal),
        },
        directory=ROOT,
        port=internal,
        ports=ports,
        needs=(f"migrate-{each.service}",),
        is_ready=http_check(f"http://127.0.0.1:{internal}/health/ready"),
        stop_seconds=25.0,
    )


def make_migration(stack: Stack, service: str) -> Process:
    """Runs as the database's owner, before any process of the service."""
    return Process(
        name=f"migrate-{service}",
        command=(sys.executable, "-m", f"services.{service}", "migrate"),
        environment={**common_environment(stack), **service_environment(stack, service, "owner")},
        directory=ROOT,
        needs=("prepare",),
        is_once=True,
    )


def make_sandbox(stack: Stack, name: str) -> Process:
    """The tax bureau, or the mailbox: the outside world, with a store of its own."""
    ports = {f"OFP_{name.upper()}_PORT": stack.port(f"OFP_{name.upper()}_PORT")}
    port = ports[f"OFP_{name.upper()}_PORT"]
    environment = {
        **common_environment(stack),
        "OFP_HTTP_PORT": str(port),
        "OFP_DATA_DIR": str(stack.local / name),
    }
    if name == "mailbox":
        ports["OFP_MAILBOX_SMTP_PORT"] = stack.port("OFP_MAILBOX_SMTP_PORT")
        environment["OFP_SMTP_PORT"] = str(ports["OFP_MAILBOX_SMTP_PORT"])
    if name == "bureau":
        origin = f"http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')}"
        environment["OFP_BUREAU_CALLBACK_URL"] = f"{origin}/v1/authority-callbacks"
    return Process(
        name=name,
        command=(sys.executable, "-m", f"sandbox.{name}"),
        environment=environment,
        directory=ROOT,
        port=port,
        ports=ports,
        is_ready=http_check(f"http://127.0.0.1:{port}/health/ready"),
    )


def common_environment(stack: Stack) -> dict[str, str]:
    """What every process of ours is told."""
    auth = stack.port("OFP_AUTH_API_1_PORT")
    return {
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "MALLOC_ARENA_MAX": "2",
        "OFP_ENVIRONMENT": "local",
        "OFP_LOG_LEVEL": stack.variables.get("OFP_LOG_LEVEL", "info"),
        "OFP_HTTP_HOST": "127.0.0.1",
        "OFP_DRAIN_SECONDS": stack.variables.get("OFP_DRAIN_SECONDS", "1"),
        "OFP_KAFKA_BOOTSTRAP": f"127.0.0.1:{stack.port('OFP_KAFKA_PORT')}",
        "OFP_JWKS_URL": f"http://127.0.0.1:{auth}/v1/auth/.well-known/jwks.json",
        "OFP_PUBLIC_URL": f"http://127.0.0.1:{stack.port('OFP_GATEWAY_PORT')}",
        **{name: stack.variables[name] for name in PASSED_ON if name in stack.variables},
    }


def service_environment(stack: Stack, service: str, part: str) -> Mapping[str, str]:
    """What only this service is told; `part` names the database role: api, worker or owner."""
    secret = stack.credentials.get
    url = database_url(stack.port("OFP_POSTGRES_PORT"), service, part, secret(role_name(service, part)))
    store = {
        "OFP_S3_URL": f"http://127.0.0.1:{stack.port('OFP_S3_PORT')}",
        "OFP_S3_ACCESS_KEY": secret("s3_access_key"),
        "OFP_S3_SECRET_KEY": secret("s3_secret_key"),
    }
    own: Mapping[str, Mapping[str, str]] = {
        "auth": {"OFP_KEY_ENCRYPTION_SECRET": secret("key_encryption_secret")},
        "invoice": {
            **store,
            "OFP_BUREAU_URL": f"http://127.0.0.1:{stack.port('OFP_BUREAU_PORT')}",
            "OFP_EXPORT_SECRET": secret("export_secret"),
            "OFP_EXPORT_TARGETS_ALLOWED": f"127.0.0.1:{stack.port('OFP_S3_PORT')}",
        },
        "render": {
            **store,
            "OFP_S3_BUCKET": BUCKET,
            "OFP_RETENTION_DAYS": "1",
            "OFP_SHORT_LOCK_SECONDS": "43200",
            "OFP_LINK_SECRET": secret("link_secret"),
            "OFP_SEAL_KEY": secret("seal_key", 32),
        },
        "notify": {
            **store,
            "OFP_SMTP_HOST": "127.0.0.1",
            "OFP_SMTP_PORT": str(stack.port("OFP_MAILBOX_SMTP_PORT")),
        },
        "support": {},
    }
    return {
        "OFP_DATABASE_URL": url,
        "OFP_API_PROCESSES": str(API_PROCESSES.get(service, 1)),
        **own[service],
    }
