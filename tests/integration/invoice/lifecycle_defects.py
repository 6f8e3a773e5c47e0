"""Defects that somebody might make, planted one at a time: the model has to find each (two it found unplanted)."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from libs.common import consumer
from libs.common.clock import shanghai_day
from services.invoice import desk
from services.invoice.authority import worker
from services.invoice.commands import issue_red_invoice, settle_submissions
from services.invoice.domain import red_form, red_pricing
from services.invoice.store import entitlement, submission
from tests.integration.invoice.lifecycle_issuing import BUYERS
from tests.integration.invoice.lifecycle_machine import Lifecycle

Patch = pytest.MonkeyPatch
Step = Callable[[Lifecycle], None]


def release_quota_twice(patch: Patch) -> None:
    real = settle_submissions.settle_quota

    async def settle(tx: Any, moves: Any) -> None:
        await real(tx, moves)
        await real(tx, [move for move in moves if not move.is_issued])

    patch.setattr(settle_submissions, "settle_quota", settle)


def work_out_the_rest_anew(patch: Patch) -> None:
    real = red_pricing._take_rest

    def take(rest: Any, rules: Any, *, with_quantity: bool) -> Any:
        part = real(rest, rules, with_quantity=with_quantity)
        return replace(part, tax=red_pricing._tax_of(rest, part.amount, rules))

    patch.setattr(red_pricing, "_take_rest", take)


def leave_out_a_number(patch: Patch) -> None:
    rewrite(patch, entitlement, "CONSUME", "set next_number = b.next_number + $6", "\\g<0> + 1")


def use_a_number_again(patch: Patch) -> None:
    rewrite(patch, entitlement, "CONSUME", "returning b.next_number - $6", "\\g<0> - 1")


def use_a_form_twice(patch: Patch) -> None:
    def use(form: Any, red_invoice_id: Any, *, now: Any) -> Any:
        return red_form.take_step(form, red_form.Action.ISSUE, now=now)

    patch.setattr(issue_red_invoice, "use_form", use)


def submit_under_another_serial(patch: Patch) -> None:
    real = submission._submission

    def read(row: Any) -> Any:
        found = real(row)
        return replace(found, serial=f"{found.serial}-{found.attempts}")

    patch.setattr(submission, "_submission", read)


def forget_answers(patch: Patch) -> None:
    async def claim(tx: Any, tenant: Any, requests: Any) -> Any:
        return set(requests)

    patch.setattr(desk, "claim_many", claim)


def lose_an_event(patch: Patch) -> None:
    async def append(tx: Any, event: Any, **more: Any) -> int:
        return 0

    patch.setattr(issue_red_invoice, "append", append)


def apply_events_again(patch: Patch) -> None:
    async def load(tx: Any, aggregates: Any) -> dict[Any, Any]:
        return {}

    patch.setattr(consumer, "load_progress", load)


def free_quota_of_past_months(patch: Patch) -> None:
    patch.setattr(issue_red_invoice, "quota_freed", lambda form, *_: form.totals.amount)


def reverse_at_every_answer(patch: Patch) -> None:
    real = worker.settle_submissions

    async def settle(tx: Any, answers: Any, **more: Any) -> Any:
        await real(tx, answers, **more)
        return [answer.stored for answer in answers]

    patch.setattr(worker, "settle_submissions", settle)


def free_quota_of_the_month_of_asking(patch: Patch) -> None:
    real = settle_submissions._quota_moves

    def moves(effect: Any) -> Any:
        if effect.before.quota_amount is None or effect.after.issue_date is None:
            return real(effect)
        asked = shanghai_day(effect.before.created_at)
        return real(replace(effect, after=replace(effect.after, issue_date=asked)))

    patch.setattr(settle_submissions, "_quota_moves", moves)


def listen_to_late_answers(patch: Patch) -> None:
    patch.setattr(settle_submissions, "_is_open", lambda _: True)


def rewrite(patch: Patch, module: Any, name: str, old: str, new: str) -> None:
    statement = getattr(module, name)
    assert old in statement
    patch.setattr(module, name, statement.replace(old, new.replace("\\g<0>", old)))


# What any few steps show.
SHOWN_SOON: tuple[Callable[[Patch], None], ...] = (
    leave_out_a_number,
    use_a_number_again,
    apply_events_again,
)


def open_with(line: tuple[int, int, str], *, is_local: bool) -> Step:
    return lambda machine: machine.open(is_local, [([line], "digital_ordinary")])


def reverse(*parts: tuple[int, int]) -> Step:
    """The red invoice of a form for parts of the only blue invoice, or for all that is left."""
    return lambda machine: machine.open_form(0, list(parts), True)


def talk(accident: str) -> Step:
    return lambda machine: machine.talk_to_bureau(accident)


def issue(buyer: str) -> Step:
    return lambda machine: machine.issue([(2, 500, "0.13")], buyer, True, "digital_ordinary", "once")


def over_month_end(machine: Lifecycle) -> None:
    """To the last minutes of the month, then over its end."""
    machine.wait(0)
    machine.wait(0)


# What random steps show only now and then is shown by these steps, which lead straight to it.
SHOWN_BY: dict[Callable[[Patch], None], tuple[Step, ...]] = {
    release_quota_twice: (
        open_with((2, 500, "0.13"), is_local=False),
        issue("沙箱-拒绝有限公司"),
        talk("until all is settled"),
    ),
    forget_answers: (
        open_with((2, 500, "0.13"), is_local=True),
        lambda machine: machine.repeat(0, False),
    ),
    lose_an_event: (open_with((2, 500, "0.13"), is_local=True), reverse()),
    listen_to_late_answers: (
        open_with((2, 500, "0.13"), is_local=True),
        issue(BUYERS[0]),
        talk("answer late"),
    ),
    work_out_the_rest_anew: (open_with((2, 33, "0.13"), is_local=True), reverse((1, 50)), reverse()),
    use_a_form_twice: (
        open_with((2, 500, "0.13"), is_local=True),
        reverse(),
        lambda machine: machine.issue_red(0),
    ),
    submit_under_another_serial: (
        open_with((2, 500, "0.13"), is_local=False),
        reverse(),
        talk("answer lost"),
        over_month_end,
        talk("until all is settled"),
    ),
    free_quota_of_past_months: (open_with((2, 500, "0.13"), is_local=True), over_month_end, reverse()),
    reverse_at_every_answer: (
        open_with((2, 500, "0.13"), is_local=False),
        reverse(),
        talk("answer late"),
    ),
    # Found by the model: quota was freed in the month in which the red invoice was asked for.
    free_quota_of_the_month_of_asking: (
        open_with((2, 500, "0.13"), is_local=False),
        lambda machine: machine.wait(0),
        reverse(),
        lambda machine: machine.wait(0),
        talk("until all is settled"),
    ),
}
