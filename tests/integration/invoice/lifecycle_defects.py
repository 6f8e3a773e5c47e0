"""Defects that somebody might make, planted one at a time: the model has to find each (one it found unplanted)."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from libs.common import consumer
from services.invoice import desk
from services.invoice.authority import worker
from services.invoice.commands import issue_red_invoice, settle_submissions
from services.invoice.domain import red_form, red_pricing
from services.invoice.store import entitlement, submission

Patch = pytest.MonkeyPatch


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


def listen_to_late_answers(patch: Patch) -> None:
    patch.setattr(settle_submissions, "_is_open", lambda _: True)


def rewrite(patch: Patch, module: Any, name: str, old: str, new: str) -> None:
    statement = getattr(module, name)
    assert old in statement
    patch.setattr(module, name, statement.replace(old, new.replace("\\g<0>", old)))


SHOWN_SOON: tuple[Callable[[Patch], None], ...] = (
    release_quota_twice,
    leave_out_a_number,
    use_a_number_again,
    forget_answers,
    lose_an_event,
    apply_events_again,
    reverse_at_every_answer,
    listen_to_late_answers,
)
SHOWN_LATE: tuple[Callable[[Patch], None], ...] = (
    work_out_the_rest_anew,
    use_a_form_twice,
    submit_under_another_serial,
    free_quota_of_past_months,
)
