"""The process table of the local stack: names, order, ports and what each process is told."""

from collections import Counter
from pathlib import Path

import pytest

from deploy.local.process import Process
from deploy.local.processes import make_processes, missing_programs
from deploy.local.stack import GATEWAY_PORT, OFFSETS, Stack
from deploy.local.supervisor import in_steps

pytestmark = pytest.mark.fast

NAMES = (
    "postgres kafka s3 gateway bureau mailbox auth-api-1 auth-worker-1 invoice-api-1 invoice-api-2 "
    "invoice-worker-1 render-api-1 render-worker-1 notify-api-1 notify-worker-1 support-api-1 support-worker-1"
)


@pytest.fixture
def processes(tmp_path: Path) -> list[Process]:
    return make_processes(Stack(tmp_path, {}))


def find(processes: list[Process], name: str) -> Process:
    return next(process for process in processes if process.name == name)


def test_process_table_whole_tree_has_exactly_the_known_names(processes: list[Process]) -> None:
    assert missing_programs() == []
    assert {process.name for process in processes if not process.is_once} == set(NAMES.split())


def test_process_ports_by_default_never_meet(processes: list[Process]) -> None:
    times = Counter(port for process in processes for port in process.ports.values())
    assert {port for port, count in times.items() if count > 1} == set()


def test_process_ports_every_known_variable_moves_one(processes: list[Process]) -> None:
    used = {variable for process in processes for variable in process.ports}
    assert set(OFFSETS) | {"OFP_GATEWAY_PORT"} <= used | {"OFP_WEBHOOK_PORT"}


def test_process_internal_port_is_one_of_its_own(processes: list[Process]) -> None:
    assert [p.name for p in processes if not p.is_once and p.port not in p.ports.values()] == []


def test_port_base_moved_moves_all_but_the_gateway(tmp_path: Path) -> None:
    moved = Stack(tmp_path, {"OFP_PORT_BASE": "28000"})
    assert moved.port("OFP_POSTGRES_PORT") == 28000
    assert moved.port("OFP_GATEWAY_PORT") == GATEWAY_PORT


def test_port_variable_wins_over_base(tmp_path: Path) -> None:
    stack = Stack(tmp_path, {"OFP_PORT_BASE": "28000", "OFP_KAFKA_PORT": "9092"})
    assert stack.port("OFP_KAFKA_PORT") == 9092


@pytest.mark.parametrize("value", ["0", "65536", "-1", "http", "１２"])
def test_port_variable_not_a_port_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(SystemExit, match=f"OFP_S3_PORT={value} is not a port number"):
        Stack(tmp_path, {"OFP_S3_PORT": value}).port("OFP_S3_PORT")


def test_steps_services_follow_migrations_follow_servers(processes: list[Process]) -> None:
    step_of = {process.name: number for number, step in enumerate(in_steps(processes)) for process in step}
    assert step_of["postgres"] < step_of["prepare"] < step_of["migrate-invoice"] < step_of["invoice-api-1"]


def test_steps_need_that_nobody_meets_is_refused(tmp_path: Path) -> None:
    lonely = Process(name="lonely", command=("true",), directory=tmp_path, needs=("nobody",))
    with pytest.raises(ValueError, match="lonely"):
        in_steps([lonely])


def test_service_database_role_fits_the_process(processes: list[Process]) -> None:
    roles = {
        "invoice-api-1": "ofp_invoice_api",
        "invoice-worker-1": "ofp_invoice_worker",
        "migrate-invoice": "ofp_invoice_owner",
    }
    for name, role in roles.items():
        assert f"//{role}:" in find(processes, name).environment["OFP_DATABASE_URL"]


def test_service_secrets_stay_with_those_who_need_them(processes: list[Process]) -> None:
    holders = {
        variable: {p.name.split("-")[0] for p in processes if variable in p.environment and not p.is_once}
        for variable in (
            "OFP_KEY_ENCRYPTION_SECRET",
            "OFP_EXPORT_SECRET",
            "OFP_LINK_SECRET",
            "OFP_SEAL_KEY",
            "OFP_S3_SECRET_KEY",
        )
    }
    assert holders == {
        "OFP_KEY_ENCRYPTION_SECRET": {"auth"},
        "OFP_EXPORT_SECRET": {"invoice"},
        "OFP_LINK_SECRET": {"render"},
        "OFP_SEAL_KEY": {"render"},
        "OFP_S3_SECRET_KEY": {"invoice", "render", "notify"},
    }


def test_gateway_upstreams_are_the_api_processes(processes: list[Process]) -> None:
    upstreams = find(processes, "gateway").environment["OFP_INVOICE_UPSTREAMS"].split()
    ports = [
        find(processes, name).ports[f"OFP_INVOICE_API_{number}_PORT"]
        for number, name in enumerate(("invoice-api-1", "invoice-api-2"), 1)
    ]
    assert upstreams == [f"127.0.0.1:{port}" for port in ports]
