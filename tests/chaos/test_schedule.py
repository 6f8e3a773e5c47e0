"""A seed gives one schedule and one set of clients; each schedule strikes what matters most."""

import pytest

from tests.chaos.plan import plan_operations
from tests.chaos.schedule import FREEZES, KILLS, Blow, aim_schedule, draw_schedule

pytestmark = pytest.mark.fast


def test_schedule_same_seed_is_the_same() -> None:
    assert draw_schedule(7, 24) == draw_schedule(7, 24)
    assert draw_schedule(7, 24) != draw_schedule(8, 24)


@pytest.mark.parametrize("seed", range(5))
def test_schedule_short_one_strikes_every_server_and_worker_of_the_main_path(seed: int) -> None:
    schedule = draw_schedule(seed, 12, longest_freeze=3.0)
    assert len(schedule) == 12
    killed = {fault.target for fault in schedule if fault.kind == "kill"}
    assert killed >= {
        *("postgres", "kafka", "s3", "bureau"),
        *("invoice-worker-1", "render-worker-1", "notify-worker-1", "invoice-api-1"),
    }
    assert {fault.kind for fault in schedule} == {"kill", "freeze", "bad day"}
    assert all(1.0 <= fault.seconds <= 3.0 for fault in schedule if fault.kind == "freeze")


def test_schedule_long_one_kills_everything() -> None:
    schedule = draw_schedule(1, 40)
    assert {fault.target for fault in schedule if fault.kind == "kill"} == set(KILLS)
    assert {fault.target for fault in schedule if fault.kind == "freeze"} == set(FREEZES)


def test_schedule_aimed_repeats_its_blows_in_order() -> None:
    schedule = aim_schedule(1, 6, [Blow("postgres"), Blow("notify-worker-1", 0.5)], gap=(3.0, 4.0))
    assert [fault.target for fault in schedule] == ["postgres", "notify-worker-1"] * 3
    assert schedule[1].at - schedule[0].at == pytest.approx(0.5)


def test_plan_same_seed_asks_for_the_same() -> None:
    schedule = draw_schedule(7, 12)
    operations = plan_operations(7, 60, schedule)
    assert operations == plan_operations(7, 60, schedule)
    assert sum(operation.purpose == "issue" for operation in operations) == 60
    assert {operation.purpose for operation in operations} == {"issue", "refuse", "rehearse"}
    assert {operation.tenant for operation in operations} == {"A", "B"}
    assert any(operation.is_doubled for operation in operations)
    assert any("reference" not in operation.body for operation in operations)
    assert [operation.at for operation in operations] == sorted(operation.at for operation in operations)
