"""Any order of issuing, reversing, reissuing, repeating, crashing and waiting leaves the books as the model says.

`make test ARGS=--hypothesis-profile=thorough` tries many more orders. That the model can fail is shown by planting
defects (lifecycle_defects.py).
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from asyncpg import CheckViolationError
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from services.invoice.errors import InvoiceStateConflict
from tests.helpers.databases import database_maker
from tests.helpers.sandbox_programs import SandboxProgram
from tests.helpers.servers import Server
from tests.integration.invoice.lifecycle_defects import (
    SHOWN_BY,
    SHOWN_SOON,
    issue,
    open_with,
    over_month_end,
    reverse,
)
from tests.integration.invoice.lifecycle_ground import open_ground
from tests.integration.invoice.lifecycle_issuing import BUYERS
from tests.integration.invoice.lifecycle_machine import UNTIL_SETTLED, Lifecycle

IS_THOROUGH = settings.get_current_profile_name() == "thorough"
pytestmark = pytest.mark.timeout(7200 if IS_THOROUGH else 300)
# By the model, or before it looks: by a state machine, by a constraint.
NOTICED = (AssertionError, InvoiceStateConflict, CheckViolationError)
STEPS = settings(
    max_examples=400 if IS_THOROUGH else 40,
    stateful_step_count=60 if IS_THOROUGH else 40,
    derandomize=not IS_THOROUGH,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=0)
    program.start()
    yield program
    program.stop()


@pytest.fixture
def lifecycle(postgres_server: Server, bureau: SandboxProgram) -> Iterator[type[Lifecycle]]:
    """The machine on a ground of its own."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def open_all() -> None:
            make = await stack.enter_async_context(database_maker(postgres_server))
            Lifecycle.ground = await stack.enter_async_context(open_ground(await make("invoice"), bureau))

        runner.run(open_all())
        Lifecycle.run = staticmethod(runner.run)
        try:
            yield Lifecycle
        finally:
            runner.run(stack.aclose())


def test_invoices_in_any_order_of_steps_agree_with_the_model(lifecycle: type[Lifecycle]) -> None:
    run_state_machine_as_test(lifecycle, settings=STEPS)


@pytest.mark.parametrize("plant", SHOWN_SOON, ids=lambda plant: plant.__name__)
def test_planted_defect_is_found(
    lifecycle: type[Lifecycle], plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(Exception) as found:  # noqa: PT011 - a refusal or a difference
        run_state_machine_as_test(lifecycle, settings=STEPS)
    assert not isinstance(found.value, Flaky)


@pytest.mark.parametrize("plant", SHOWN_BY, ids=lambda plant: plant.__name__)
def test_steps_that_lead_straight_to_a_defect_agree_without_it(
    lifecycle: type[Lifecycle], plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    take(lifecycle(), SHOWN_BY[plant])
    plant(monkeypatch)
    with pytest.raises(NOTICED):
        take(lifecycle(), SHOWN_BY[plant])


@pytest.mark.parametrize("is_local", [True, False])
def test_invoices_after_the_year_end_have_numbers_of_the_new_year(
    lifecycle: type[Lifecycle], is_local: bool
) -> None:
    machine = lifecycle()
    steps = (
        open_with((2, 500, "0.13"), is_local=is_local),
        over_month_end,
        over_month_end,
        issue(BUYERS[0]),
        reverse(),
    )
    take(machine, steps)
    assert sorted((entry.number or "")[:2] for entry in machine.books.entries.values()) == ["26", "27", "27"]


def test_revoked_form_of_a_voided_invoice_is_refused_for_its_state(lifecycle: type[Lifecycle]) -> None:
    steps: tuple[Callable[[Lifecycle], None], ...] = (
        lambda machine: machine.open(True, [([(2, 500, "0.13")], "paper_ordinary")]),
        lambda machine: machine.talk_to_bureau(accident=UNTIL_SETTLED),
        lambda machine: machine.open_form(pick=0, parts=[], is_issued=False),
        lambda machine: machine.revoke_form(pick=0),
        lambda machine: machine.void(pick=0),
        lambda machine: machine.issue_red(pick=0),
    )
    machine = lifecycle()
    take(machine, steps)
    assert [entry.status for entry in machine.books.entries.values()] == ["voided"]


def take(machine: Lifecycle, steps: Iterable[Callable[[Lifecycle], None]]) -> None:
    for step in steps:
        step(machine)
        machine.agree()
    machine.teardown()
