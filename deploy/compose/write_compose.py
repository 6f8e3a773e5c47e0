"""`python -m deploy.compose.write_compose`: writes docker-compose.yml from the process table of the local stack.

One source for names, commands and variables, so that the two stacks cannot drift apart.
"""

from pathlib import Path
from typing import Any

import yaml

from deploy.local.broker import SETTINGS as BROKER_SETTINGS
from deploy.local.databases import SERVICES
from deploy.local.service_processes import API_PROCESSES, SERVICE_PROCESSES, ServiceProcess

ROOT = Path(__file__).parents[2]
API_PORT, INTERNAL_PORT = 8000, 9000
WRITTEN = "# Written by `make schemas` from deploy/compose/write_compose.py"
COMPOSE_HEADER = f"""\
# The local stack with official images, for people who have Docker: docker compose up --build
{WRITTEN}; secrets come from .env (see .env.example).
"""
PROMETHEUS_HEADER = f"# What Prometheus reads of the stack in docker-compose.yml.\n{WRITTEN}.\n"


def _secrets(*names: str) -> dict[str, str]:
    """Compose takes them from .env and refuses to start without."""
    return {name: f"${{{name}:?set it in .env}}" for name in names}


_PASSWORD = "${OFP_DATABASE_PASSWORD:?set it in .env}"  # noqa: S105 - a reference
_SUPERUSER = "${OFP_POSTGRES_PASSWORD:?set it in .env}"
STORE = {"OFP_S3_URL": "http://s3:8333", **_secrets("OFP_S3_ACCESS_KEY", "OFP_S3_SECRET_KEY")}
S3_KEYS = {"ACCESS_KEY_ID": "OFP_S3_ACCESS_KEY", "SECRET_ACCESS_KEY": "OFP_S3_SECRET_KEY"}
BUCKET = {"OFP_S3_BUCKET": "openfapiao-documents"}
COMMON = {
    "OFP_ENVIRONMENT": "local",
    "OFP_KAFKA_BOOTSTRAP": "kafka:9092",
    "OFP_JWKS_URL": f"http://auth-api-1:{API_PORT}/v1/auth/.well-known/jwks.json",
    "OFP_PUBLIC_URL": "http://127.0.0.1:8080",
    "OFP_DRAIN_SECONDS": "5",
}
OWN: dict[str, dict[str, str]] = {
    "auth": _secrets("OFP_KEY_ENCRYPTION_SECRET"),
    "invoice": {**STORE, "OFP_BUREAU_URL": "http://bureau:8000", **_secrets("OFP_EXPORT_SECRET")},
    "render": {**STORE, **BUCKET, **_secrets("OFP_LINK_SECRET", "OFP_SEAL_KEY")},
    "notify": {**STORE, "OFP_SMTP_HOST": "mailbox", "OFP_SMTP_PORT": "8025"},
    "support": {},
}
_HARDENED = {
    "image": "openfapiao",
    "build": ".",
    "read_only": True,
    "tmpfs": ["/tmp"],  # noqa: S108 - inside the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "restart": "unless-stopped",
}


def compose() -> dict[str, Any]:
    """The whole file as data."""
    services: dict[str, Any] = {
        "postgres": _postgres(),
        "kafka": _kafka(),
        "s3": _s3(),
        "bureau": _sandbox("bureau", OFP_BUREAU_CALLBACK_URL="http://gateway:8080/v1/authority-callbacks"),
        "mailbox": _sandbox("mailbox", OFP_SMTP_PORT="8025"),
        "prepare": _prepare(),
        **{f"migrate-{service}": _migration(service) for service in SERVICES},
        **{each.name: _service(each) for each in SERVICE_PROCESSES},
        "gateway": _gateway(),
        "prometheus": _prometheus(),
        "grafana": _grafana(),
    }
    volumes = dict.fromkeys(
        ("postgres", "kafka", "s3", "bureau", "mailbox", "exports", "prometheus", "grafana")
    )
    return {"name": "openfapiao", "services": services, "volumes": volumes}


def _check(test: str, start: str = "10s") -> dict[str, Any]:
    return {
        "test": ["CMD-SHELL", test],
        "interval": "5s",
        "timeout": "3s",
        "retries": 12,
        "start_period": start,
    }


def _http_check(port: int) -> dict[str, Any]:
    call = f"import urllib.request as u; u.urlopen('http://127.0.0.1:{port}/health/ready', timeout=2)"
    return _check(f'python -c "{call}"')


def _after(*names: str, condition: str = "service_healthy") -> dict[str, Any]:
    return {name: {"condition": condition} for name in names}


def _postgres() -> dict[str, Any]:
    return {
        "image": "postgres:18",
        "environment": {"POSTGRES_PASSWORD": _SUPERUSER},
        "command": ["postgres", "-c", "max_connections=200", "-c", "jit=off"],
        "volumes": ["postgres:/var/lib/postgresql"],
        "healthcheck": _check("pg_isready -U postgres"),
        "restart": "unless-stopped",
    }


def _kafka() -> dict[str, Any]:
    return {
        "image": "apache/kafka:4.3.0",
        "environment": {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://kafka:9092",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@kafka:9093",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_MESSAGE_MAX_BYTES": BROKER_SETTINGS["message.max.bytes"],
        },
        "volumes": ["kafka:/var/lib/kafka/data"],
        "healthcheck": _check(
            "/opt/kafka/bin/kafka-broker-api-versions.sh --bootstrap-server localhost:9092 >/dev/null", "20s"
        ),
        "restart": "unless-stopped",
    }


def _s3() -> dict[str, Any]:
    return {
        "image": "chrislusf/seaweedfs:4.48",
        "command": ["server", "-dir=/data", "-s3", "-master.telemetry=false"],
        "environment": {f"AWS_{name}": STORE[variable] for name, variable in S3_KEYS.items()},
        "volumes": ["s3:/data"],
        "healthcheck": _check("wget -q -O /dev/null http://127.0.0.1:8333/healthz || exit 1"),
        "restart": "unless-stopped",
    }


def _sandbox(name: str, **environment: str) -> dict[str, Any]:
    return {
        **_HARDENED,
        "command": [f"sandbox.{name}"],
        "environment": {
            "OFP_HTTP_HOST": "0.0.0.0",  # noqa: S104 - inside the container's own network
            "OFP_HTTP_PORT": "8000",
            "OFP_DATA_DIR": "/data",
            **environment,
        },
        "volumes": [f"{name}:/data"],
        "user": "root",
        "cap_add": ["DAC_OVERRIDE"],
        "healthcheck": _http_check(8000),
    }


def _prepare() -> dict[str, Any]:
    return {
        **_HARDENED,
        "command": ["deploy.compose.prepare"],
        "environment": {
            "OFP_POSTGRES_SUPERUSER_URL": f"postgresql://postgres:{_SUPERUSER}@postgres:5432/postgres",
            "OFP_DATABASE_PASSWORD": _PASSWORD,
            "OFP_KAFKA_BOOTSTRAP": COMMON["OFP_KAFKA_BOOTSTRAP"],
            **STORE,
            **BUCKET,
        },
        "depends_on": _after("postgres", "kafka", "s3"),
        "restart": "on-failure",
    }


def _database(service: str, role: str) -> str:
    return f"postgresql://ofp_{service}_{role}:{_PASSWORD}@postgres:5432/ofp_{service}"


def _migration(service: str) -> dict[str, Any]:
    return {
        **_HARDENED,
        "command": [f"services.{service}", "migrate"],
        "environment": {**COMMON, **OWN[service], "OFP_DATABASE_URL": _database(service, "owner")},
        "depends_on": _after("prepare", condition="service_completed_successfully"),
        "restart": "on-failure",
    }


def _service(each: ServiceProcess) -> dict[str, Any]:
    is_exporter = each.service == "invoice" and each.part == "worker"
    return {
        **_HARDENED,
        **({"volumes": ["exports:/exports"]} if is_exporter else {}),
        "command": [f"services.{each.service}", each.part],
        "environment": {
            **COMMON,
            **OWN[each.service],
            **({"OFP_EXPORT_FOLDER": "/exports"} if is_exporter else {}),
            "OFP_DATABASE_URL": _database(each.service, each.part),
            "OFP_API_PROCESSES": str(API_PROCESSES.get(each.service, 1)),
            "OFP_HTTP_HOST": "0.0.0.0",  # noqa: S104 - inside the container's own network
            "OFP_HTTP_PORT": str(API_PORT if each.part == "api" else 0),
            "OFP_INTERNAL_PORT": str(INTERNAL_PORT),
        },
        "depends_on": _after(f"migrate-{each.service}", condition="service_completed_successfully"),
        "healthcheck": _http_check(INTERNAL_PORT),
        "stop_grace_period": "45s",
    }


def _gateway() -> dict[str, Any]:
    apis = [each for each in SERVICE_PROCESSES if each.part == "api"]
    upstreams = {
        f"OFP_{service.upper()}_UPSTREAMS": " ".join(
            f"{each.name}:{API_PORT}" for each in apis if each.service == service
        )
        for service in SERVICES
    }
    return {
        "image": "caddy:2.11",
        "environment": {
            **upstreams,
            "OFP_GATEWAY_HOST": "0.0.0.0",  # noqa: S104 - published on loopback only
            "OFP_GATEWAY_PORT": "8080",
            "OFP_GATEWAY_INTERNAL_PORT": "9000",
            "OFP_PUBLIC_FILES": "/srv/public",
        },
        "volumes": [
            "./deploy/local/Caddyfile:/etc/caddy/Caddyfile:ro",
            "./docs/openapi.json:/srv/public/openapi.json:ro",
        ],
        "ports": ["127.0.0.1:8080:8080"],
        "depends_on": _after(*(each.name for each in apis)),
        "healthcheck": _check("wget -q -O /dev/null http://127.0.0.1:9000/health/ready"),
        "restart": "unless-stopped",
    }


def _prometheus() -> dict[str, Any]:
    return {
        "image": "prom/prometheus:v3.6.0",
        "volumes": [
            "./deploy/observability/prometheus.yml:/etc/prometheus/prometheus.yml:ro",
            "./deploy/observability/alerts.yml:/etc/prometheus/alerts.yml:ro",
            "prometheus:/prometheus",
        ],
        "ports": ["127.0.0.1:9090:9090"],
        "restart": "unless-stopped",
    }


def _grafana() -> dict[str, Any]:
    return {
        "image": "grafana/grafana:12.2.0",
        "environment": {"GF_SECURITY_ADMIN_PASSWORD": "${OFP_GRAFANA_PASSWORD:?set it in .env}"},
        "volumes": ["grafana:/var/lib/grafana"],
        "ports": ["127.0.0.1:3000:3000"],
        "depends_on": _after("prometheus", condition="service_started"),
        "restart": "unless-stopped",
    }


def prometheus() -> dict[str, Any]:
    """Every process's internal port, by name."""
    targets = [f"{each.name}:{INTERNAL_PORT}" for each in SERVICE_PROCESSES]
    return {
        "global": {"scrape_interval": "5s"},
        "rule_files": ["/etc/prometheus/alerts.yml"],
        "scrape_configs": [
            {"job_name": "openfapiao", "static_configs": [{"targets": [*targets, "gateway:9000"]}]}
        ],
    }


class _Plain(yaml.SafeDumper):
    """Repeats equal parts instead of referring to them, so that each service reads by itself."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the library's signature
        return True


def render(header: str, document: dict[str, Any]) -> str:
    return header + yaml.dump(document, Dumper=_Plain, sort_keys=False, width=120)


def files() -> dict[Path, str]:
    """What this command writes."""
    return {
        ROOT / "docker-compose.yml": render(COMPOSE_HEADER, compose()),
        ROOT / "deploy" / "observability" / "prometheus.yml": render(PROMETHEUS_HEADER, prometheus()),
    }


if __name__ == "__main__":
    for path, text in files().items():
        path.write_text(text, "utf-8")
