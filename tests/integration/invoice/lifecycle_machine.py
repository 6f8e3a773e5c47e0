"""The steps that clients, buyers, the bureau, the workers and time may take, in any order; the books follow along."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.common.clock import SHANGHAI, shanghai_day
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.invoicing import make_body
from tests.integration.invoice.lifecycle_books import CONFIRMED, LIVE, Books, Entry, Form, Part, to_cents
from tests.integration.invoice.lifecycle_checks import compare, compare_bureau, compare_views
from tests.integration.invoice.lifecycle_ground import Ground, Trade

# Buyers whose names order a bad day at the bureau, and what its word may be then (its second word on a serial that was
# refused for want of quota is another, if the first got lost).
EITHER = CONFIRMED | {"refused"}
REFUSED = {"沙箱-拒绝有限公司": frozenset({"refused"}), "沙箱-额度不足有限公司": EITHER}
BUYERS = (
    "武汉某某商贸有限公司",
    *REFUSED,
    "沙箱-部分有限公司",
    "沙箱-重复有限公司",
    "沙箱-版式有限公司",
    "沙箱-登录有限公司",
)
LINES = st.lists(
    st.tuples(st.integers(1, 9), st.integers(1, 99999), st.sampled_from(("0.13", "0.06", "0.01"))),
    min_size=1,
    max_size=3,
)
PICKS = st.integers(0, 10**6)
UNTIL_SETTLED = "until all is settled"
ACCIDENTS = st.sampled_from(("none", "answer lost", "worker killed", "answer late", UNTIL_SETTLED))
HOW_OFTEN = ("once", "once", "twice again", "at the same time", "and think better of it")
ENDED = timedelta(hours=72)


class Said(NamedTuple):
    """A request and its answer, to be repeated."""

    path: str
    body: Any
    key: str
    answer: httpx.Response


class Lifecycle(RuleBasedStateMachine):
    """`ground` and `run` are set before the machine is used."""

    ground: Ground
    run: Callable[[Awaitable[Any]], Any]

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.count = 0
        self.is_sound = True

    @initialize(is_local=st.booleans(), blues=st.lists(LINES, min_size=1, max_size=3))
    def open(self, is_local: bool, blues: Any) -> None:
        """A tenant with some invoices that the bureau has confirmed."""
        channel = NumberChannel.LOCAL_BLOCKS if is_local else NumberChannel.ASSIGNED_ON_ISSUE
        self.books = Books(is_local)
        self.trade: Trade = self.run(self.ground.open_tenant(channel))
        self.run(self.ground.supply())
        for lines in blues:
            self.issue_one(self.body(lines, BUYERS[0], self.name("SO")))
        self.run(self.trade.settle())
        self.run(compare(self.books, self.trade))

    @property
    def today(self) -> Any:
        return shanghai_day(self.ground.clock.now)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def ask(self, path: str, body: Any = None, *, with_forms: bool = False) -> httpx.Response:
        """A request under a new key, kept to be repeated if it was done."""
        key = self.name("key")
        self.ground.clock.move(timedelta(milliseconds=1))
        send = self.trade.post_while_forms_go if with_forms else self.trade.post
        answer: httpx.Response = self.run(send(path, body, key))
        assert answer.status_code < 500 or answer.json()["code"] == "numbers-exhausted", answer.text
        if answer.status_code < 300:
            self.said.append(Said(path, body, key, answer))
        return answer

    # What clients do.

    def body(
        self, lines: Sequence[tuple[int, int, str]], buyer: str, reference: str | None
    ) -> dict[str, Any]:
        line = make_body()["lines"][0]
        return make_body(
            buyer={"name": buyer},
            reference=reference,
            lines=[
                {
                    **line,
                    "quantity": str(quantity),
                    "unit_price": f"{Decimal(cents) / 100:.2f}",
                    "tax_rate": rate,
                }
                for quantity, cents, rate in lines
            ],
        )

    def enter(self, invoice: dict[str, Any], body: dict[str, Any]) -> Entry:
        """An accepted body becomes an entry; its sums are worked out here and held against the answer."""
        lines = {}
        for line_no, line in enumerate(body["lines"], start=1):
            quantity, rate = int(line["quantity"]), Decimal(line["tax_rate"])
            amount = quantity * Decimal(line["unit_price"])
            lines[line_no] = Part(quantity, amount, to_cents(amount * rate), rate)
        buyer = body["buyer"]["name"]
        entry = Entry(invoice["id"], body["reference"], lines, self.today)
        ends = REFUSED.get(buyer, CONFIRMED)
        entry.ends = entry.red_ends = CONFIRMED if self.books.is_local and ends is EITHER else ends
        if entry.reference is None:
            entry.twin = self.describe(body)
        tax = sum(part.tax for part in lines.values())
        assert (invoice["totals"]["amount"], invoice["totals"]["tax"]) == (str(entry.amount), str(tax))
        return self.books.add(entry)

    def describe(self, body: dict[str, Any]) -> str:
        """What twins have in common."""
        return f"{self.today} {body['buyer']['name']} {body['lines']}"

    def has_twin(self, body: dict[str, Any]) -> bool:
        return body["reference"] is None and self.books.find_twin(self.describe(body)) is not None

    def has_numbers(self) -> bool:
        return self.run(self.trade.count_numbers(self.today.year)) > 0

    @rule(
        lines=LINES,
        buyer=st.sampled_from(BUYERS),
        has_reference=st.booleans(),
        how=st.sampled_from(HOW_OFTEN),
    )
    def issue(self, lines: Any, buyer: str, has_reference: bool, how: str) -> None:
        body = self.body(lines, buyer, self.name("SO") if has_reference else None)
        if how == "and think better of it":
            self.think_better_of_it(body)
        elif how == "at the same time":
            self.issue_together(body)
        else:
            for _ in how.split():
                self.issue_one(body)

    def issue_one(self, body: dict[str, Any]) -> None:
        has_numbers = self.has_numbers()
        is_known = body["reference"] in {entry.reference for entry in self.books.blues()} - {None}
        twin = self.books.find_twin(self.describe(body))
        answer = self.ask("/v1/invoices", body)
        if not has_numbers:
            assert (answer.status_code, answer.json()["code"]) == (503, "numbers-exhausted")
        elif is_known:
            assert (answer.status_code, answer.json()["code"]) == (409, "duplicate-reference")
        elif self.has_twin(body):
            assert twin is not None
            assert (answer.status_code, answer.json()["code"]) == (409, "duplicate-invoice")
            assert answer.json()["invoice_id"] == twin.id
        else:
            assert answer.status_code == 201, answer.text
            self.enter(answer.json(), body)

    def issue_together(self, body: dict[str, Any]) -> None:
        """Two requests under one key: one invoice, the same answer."""
        key = self.name("key")

        async def both() -> list[httpx.Response]:
            return await asyncio.gather(*(self.trade.post("/v1/invoices", body, key) for _ in "ab"))

        if self.has_numbers() and not self.has_twin(body):
            first, second = self.run(both())
            assert (first.status_code, first.content) == (second.status_code, second.content)
            assert first.status_code == 201, first.text
            self.enter(first.json(), body)

    def think_better_of_it(self, body: dict[str, Any]) -> None:
        """The whole command, its transaction taken back at the end: as if the process had died before the commit."""
        if self.has_numbers() and not self.has_twin(body):
            answer = self.run(self.trade.post("/v1/invoices", body, dry_run="true"))
            assert answer.status_code == 200, answer.text

    @precondition(lambda self: self.said)
    @rule(pick=PICKS, is_changed=st.booleans())
    def repeat(self, pick: int, is_changed: bool) -> None:
        """Under the same key: the same answer for the same body, none for another."""
        said = self.said[pick % len(self.said)]
        if is_changed and said.path == "/v1/invoices":
            answer = self.run(self.trade.post(said.path, said.body | {"remarks": "x"}, said.key))
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        else:
            again = self.run(self.trade.post(said.path, said.body, said.key))
            assert (again.status_code, again.content) == (said.answer.status_code, said.answer.content), (
                said.path
            )

    @precondition(lambda self: self.find_refused())
    @rule(pick=PICKS)
    def resubmit(self, pick: int) -> None:
        entry = self.pick(pick, self.find_refused())
        answer = self.ask(f"/v1/invoices/{entry.id}/resubmit", {"reason": "更正后重报"})
        assert answer.status_code == 200, answer.text
        entry.state, entry.ends = "submitted", CONFIRMED

    def find_refused(self) -> list[Entry]:
        return [
            each for each in self.books.entries.values() if (each.status, each.state) == ("issued", "refused")
        ]

    # Red letters.

    def pick(self, pick: int, items: list[Any]) -> Any:
        return items[pick % len(items)]

    def find_reversible(self) -> list[Entry]:
        """Blue invoices that the bureau holds and of which something is left."""
        return [
            entry
            for entry in self.books.blues()
            if entry.is_reversible
            and entry.state == "confirmed"
            and any(not rest.is_empty for rest in self.books.left(entry).values())
        ]

    @precondition(lambda self: self.find_reversible())
    @rule(
        pick=PICKS,
        parts=st.lists(st.tuples(PICKS, st.integers(1, 100)), max_size=3),
        is_issued=st.sampled_from((True, True, False)),
    )
    def open_form(self, pick: int, parts: list[tuple[int, int]], is_issued: bool) -> None:
        """For parts of some lines, by quantity or by amount; without parts, for all that is left."""
        blue = self.pick(pick, self.find_reversible())
        wanted = self.choose_parts(blue, parts)
        lines = {"lines": [{"line_no": no, how: str(value)} for no, (how, value) in wanted.items()]}
        body = {"reason": "allowance"} | (lines if wanted else {})
        answer = self.ask(f"/v1/invoices/{blue.id}/red-forms", body, with_forms=True)
        assert answer.status_code == 201, answer.text
        form = self.keep_form(answer.json(), blue, self.books.price(blue, wanted or None))
        if is_issued:
            self.issue_red_of(form)

    def choose_parts(self, blue: Entry, parts: list[tuple[int, int]]) -> dict[int, tuple[str, Decimal]]:
        left = {no: rest for no, rest in self.books.left(blue).items() if rest.amount}
        wanted: dict[int, tuple[str, Decimal]] = {}
        for place, percent in parts:
            line_no = self.pick(place, list(left))
            rest = left[line_no]
            if place % 3 and rest.quantity and line_no not in blue.by_amount:
                wanted[line_no] = ("quantity", Decimal(max(1, rest.quantity * percent // 100)))
            else:
                blue.by_amount.add(line_no)
                wanted[line_no] = ("amount", max(Decimal("0.01"), to_cents(rest.amount * percent / 100)))
        return wanted

    def keep_form(
        self, form: dict[str, Any], blue: Entry, takes: dict[int, Part], *, expected: str | None = None
    ) -> Form:
        said = {
            line["blue_line_no"]: (-Decimal(line["amount"]), -Decimal(line["tax"])) for line in form["lines"]
        }
        assert said == {line_no: (part.amount, part.tax) for line_no, part in takes.items()}
        assert form["state"] == (expected or ("02" if blue.is_used else "01")), form
        kept = Form(form["id"], blue, takes, form["state"], opened=self.ground.clock.now)
        self.books.forms[kept.id] = kept
        return kept

    @precondition(lambda self: self.books.blues())
    @rule(pick=PICKS)
    def ask_in_vain(self, pick: int) -> None:
        """Nothing is left, too much is asked for, the invoice cannot be reversed; and no digital one is voided."""
        blue = self.pick(pick, self.books.blues())
        left = self.books.left(blue)
        too_much = {"line_no": 1, "amount": str(left[1].amount + 1)}
        answer = self.ask(f"/v1/invoices/{blue.id}/red-forms", {"reason": "allowance", "lines": [too_much]})
        if not blue.is_reversible:
            expected = (409, "invoice-not-reversible")
        elif all(rest.is_empty for rest in left.values()):
            expected = (409, "nothing-left-to-reverse")
        else:
            expected = (422, "validation-failed")
        assert (answer.status_code, answer.json()["code"]) == expected, answer.text
        answer = self.ask(f"/v1/invoices/{blue.id}/void")
        assert (answer.status_code, answer.json()["code"]) == (409, "invoice-not-voidable")

    @precondition(lambda self: self.books.forms)
    @rule(pick=PICKS)
    def issue_red(self, pick: int) -> None:
        self.issue_red_of(self.pick(pick, list(self.books.forms.values())))

    def issue_red_of(self, form: Form) -> None:
        has_numbers = self.has_numbers()
        answer = self.ask(f"/v1/red-forms/{form.id}/issue", with_forms=True)
        if form.state not in {"01", "04"} or form.red is not None:
            assert (answer.status_code, answer.json()["code"]) == (409, "red-form-state-conflict"), (
                answer.text
            )
        elif not has_numbers:
            assert (answer.status_code, answer.json()["code"]) == (503, "numbers-exhausted")
        else:
            assert answer.status_code == 201, answer.text
            self.enter_red(answer.json()["id"], form)

    def enter_red(self, invoice_id: str, form: Form) -> Entry:
        red = Entry(invoice_id, None, form.takes, self.today, blue=form.blue, form=form)
        red.ends = form.blue.red_ends
        form.red = red
        return self.books.add(red)

    @precondition(lambda self: self.books.forms)
    @rule(pick=PICKS)
    def revoke_form(self, pick: int) -> None:
        form = self.pick(pick, list(self.books.forms.values()))
        answer = self.ask(f"/v1/red-forms/{form.id}/revoke")
        after = {"01": "08", "02": "08", "04": "09"}.get(form.state)
        if after is None or form.red is not None:
            assert (answer.status_code, answer.json()["code"]) == (409, "red-form-state-conflict"), (
                answer.text
            )
        else:
            assert answer.status_code == 200, answer.text
            form.state = after
            self.hear_of_forms()

    def hear_of_forms(self) -> None:
        """The worker asks the bureau about every form that is due."""
        self.ground.clock.move(timedelta(minutes=2))
        for _ in range(2):
            self.run(self.trade.step_forms())

    @precondition(lambda self: self.find_reversible())
    @rule(pick=PICKS, lines=LINES)
    def reissue(self, pick: int, lines: Any) -> None:
        blue = self.pick(pick, self.find_reversible())
        body = self.body(lines, BUYERS[0], self.name("SO"))
        if self.run(self.trade.count_numbers(self.today.year)) < 2:
            return
        takes = self.books.price(blue, None)
        answer = self.ask(f"/v1/invoices/{blue.id}/reissue", body, with_forms=True)
        assert answer.status_code == (202 if blue.is_used else 201), answer.text
        (form,) = (
            each
            for each in self.run(self.trade.list_forms())
            if each["replacement_id"] == answer.json()["id"]
        )
        kept = self.keep_form(form, blue, takes)
        kept.replacement = body | {"id": answer.json()["id"]}
        if not blue.is_used:
            self.finish_reissue(kept, form)

    def finish_reissue(self, form: Form, shown: dict[str, Any]) -> None:
        assert form.replacement is not None
        self.enter_red(shown["red_invoice_id"], form)
        invoice = self.run(self.trade.get(f"/v1/invoices/{form.replacement['id']}"))
        assert invoice["replaces"] == form.blue.id
        self.enter(invoice, form.replacement)

    # What buyers and the bureau do.

    @precondition(lambda self: self.find_reversible())
    @rule(pick=PICKS)
    def buyer_books(self, pick: int) -> None:
        blue = self.pick(pick, self.find_reversible())
        self.ground.control("usage", {"number": blue.number or "", "usage": "booked"})
        blue.is_used = True

    def find_forms(self, state: str) -> list[Form]:
        return [form for form in self.books.forms.values() if form.state == state and form.red is None]

    @precondition(lambda self: self.find_forms("02"))
    @rule(pick=PICKS, confirms=st.booleans())
    def buyer_decides(self, pick: int, confirms: bool) -> None:
        """On the newest form of the invoice that waits for the buyer."""
        blue = self.pick(pick, self.find_forms("02")).blue
        form = [each for each in self.find_forms("02") if each.blue is blue][-1]
        if form.replacement is not None and self.run(self.trade.count_numbers(self.today.year)) < 2:
            return
        order = {"number": blue.number or "", "action": "confirm" if confirms else "reject"}
        status, answer = self.ground.control("red-forms", order)
        assert status == 200, answer
        self.hear_of_forms()
        form.state = "04" if confirms else "05"
        if confirms and form.replacement is not None:
            self.finish_reissue(form, self.run(self.trade.get(f"/v1/red-forms/{form.id}")))

    @precondition(lambda self: self.find_reversible())
    @rule(pick=PICKS)
    def buyer_enters(self, pick: int) -> None:
        """A form for all that is left, of which we only learn from the bureau's list."""
        blue = self.pick(pick, self.find_reversible())
        takes = {no: replace(part, quantity=0) for no, part in self.books.price(blue, None).items()}
        status, answer = self.ground.control("red-forms", {"number": blue.number or "", "action": "apply"})
        assert status == 200, answer
        self.ground.clock.move(timedelta(minutes=2))
        (form,) = self.run(self.trade.read_list(set(self.books.forms)))
        self.keep_form(form, blue, takes, expected="03")

    @precondition(lambda self: self.find_forms("03"))
    @rule(pick=PICKS, confirms=st.booleans())
    def seller_decides(self, pick: int, confirms: bool) -> None:
        form = self.pick(pick, self.find_forms("03"))
        answer = self.ask(f"/v1/red-forms/{form.id}/{'confirm' if confirms else 'reject'}")
        assert answer.status_code == 200, answer.text
        form.state = "04" if confirms else "06"
        self.hear_of_forms()

    @precondition(lambda self: self.find_forms("01"))
    @rule(pick=PICKS)
    def bureau_issues(self, pick: int) -> None:
        """The red invoice of a form, of which we learn when we ask about the form."""
        blue = self.pick(pick, self.find_forms("01")).blue
        form = [
            each for each in self.books.forms.values() if each in self.find_ready() and each.blue is blue
        ][-1]
        if form.replacement is not None:
            return
        status, answer = self.ground.control("red-forms", {"number": blue.number or "", "action": "issue"})
        assert status == 200, answer
        self.hear_of_forms()
        shown = self.run(self.trade.get(f"/v1/red-forms/{form.id}"))
        red = self.enter_red(shown["red_invoice_id"], form)
        red.is_unasked, red.status, red.state, red.issue_date = True, "issued", "confirmed", self.today

    def find_ready(self) -> list[Form]:
        return self.find_forms("01") + self.find_forms("04")

    # What workers and time do.

    @rule(accident=ACCIDENTS)
    def talk_to_bureau(self, accident: str) -> None:
        """A round of the worker, which may come to harm; or as many as it takes."""
        if accident == UNTIL_SETTLED:
            self.settle()
        else:
            self.run(self.trade.round(accident))
            self.run(self.ground.supply())

    def settle(self) -> None:
        self.run(self.trade.settle())
        self.run(compare(self.books, self.trade))
        self.run(compare_bureau(self.books, self.trade))

    @rule(pick=PICKS)
    def consume(self, pick: int) -> None:
        """What is new, and then some of it once more."""
        self.run(self.trade.consume())
        self.run(compare_views(self.books, self.trade))
        self.run(self.trade.redeliver(pick % (len(self.trade.delivered) or 1)))
        self.run(compare_views(self.books, self.trade))

    @rule(hours=st.sampled_from((0.2, 25, 80, 0, 0)))
    def wait(self, hours: float) -> None:
        """Some hours; or to the last minutes of the month, or the first of the next one."""
        now = self.ground.clock.now.astimezone(SHANGHAI)
        first = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=SHANGHAI)
        before, after = first - timedelta(minutes=30), first + timedelta(minutes=10)
        self.move_to(now + timedelta(hours=hours) if hours else before if now < before else after)

    def move_to(self, moment: datetime) -> None:
        self.run(self.ground.move_to(moment))
        self.hear_of_forms()
        for form in self.find_forms("02") + self.find_forms("03"):
            if self.ground.clock.now >= form.opened + ENDED:
                form.state = "07"

    @invariant()
    def agree(self) -> None:
        self.is_sound = False
        self.run(compare(self.books, self.trade))
        forms = {form["id"]: form["state"] for form in self.run(self.trade.list_forms())}
        assert forms == {form.id: form.state for form in self.books.forms.values()}
        self.is_sound = True

    def teardown(self) -> None:
        """Whatever happened, all ends well."""
        if self.is_sound and hasattr(self, "trade"):
            self.settle()
            self.consume(0)
            assert all(
                sum(part.amount for part in self.books.left(form.blue).values()) >= 0
                for form in self.books.forms.values()
                if form.state in LIVE
            )
