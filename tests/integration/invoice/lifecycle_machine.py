"""What else clients, buyers, the bureau, the workers and time may do with invoices, in any order with issuing."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from libs.common.clock import SHANGHAI
from tests.integration.invoice.lifecycle_books import LIVE, Entry, Form, Part, to_cents
from tests.integration.invoice.lifecycle_checks import (
    compare,
    compare_bureau,
    compare_views,
    compare_with_reconciler,
)
from tests.integration.invoice.lifecycle_issuing import BUYERS, LINES, PICKS, Issuing

UNTIL_SETTLED = "until all is settled"
ACCIDENTS = st.sampled_from(("none", "answer lost", "worker killed", "answer late", UNTIL_SETTLED))
ENDED = timedelta(hours=72)


class Lifecycle(Issuing):
    """All steps; what must hold after each is `agree`."""

    # Red letters.

    def find_reversible(self) -> list[Entry]:
        """Blue invoices that the bureau holds and of which something is left."""
        return [
            entry
            for entry in self.books.blues()
            if entry.is_reversible
            and entry.state == "confirmed"
            and any(not rest.is_empty for rest in self.books.left(entry).values())
        ]

    @rule(
        pick=PICKS,
        parts=st.lists(st.tuples(PICKS, st.integers(1, 100)), max_size=3),
        is_issued=st.sampled_from((True, True, False)),
    )
    def open_form(self, pick: int, parts: list[tuple[int, int]], is_issued: bool) -> None:
        """For parts of some lines, by quantity or by amount; without parts, for all that is left."""
        if not self.find_reversible():
            return
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

    @rule(pick=PICKS)
    def ask_in_vain(self, pick: int) -> None:
        """Nothing is left, too much is asked for, or the invoice cannot be reversed."""
        if not self.books.blues():
            return
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

    @rule(pick=PICKS)
    def void(self, pick: int) -> None:
        """Done by the bureau's word where the kind and the month allow it, and the buyer has not used the invoice."""
        if not self.books.entries:
            return
        entries = list(self.books.entries.values())
        voidable = [entry for entry in entries if self.books.may_be_voided(entry, self.today)]
        entry = self.pick(pick, voidable or entries)
        may_be = self.books.may_be_voided(entry, self.today)
        if may_be and entry.state != "confirmed":
            return
        answer = self.ask(f"/v1/invoices/{entry.id}/void", with_forms=True)
        if entry.status == "voided" or (may_be and not entry.is_used):
            assert (answer.status_code, answer.json()["status"]) == (200, "voided"), answer.text
            entry.status = "voided"
        else:
            assert (answer.status_code, answer.json()["code"]) == (409, "invoice-not-voidable"), answer.text

    @rule(pick=PICKS)
    def issue_red(self, pick: int) -> None:
        if not self.books.forms:
            return
        self.issue_red_of(self.pick(pick, list(self.books.forms.values())))

    def issue_red_of(self, form: Form) -> None:
        has_numbers = self.has_numbers(form.blue.kind)
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
        red = Entry(invoice_id, None, form.takes, self.today, blue=form.blue, form=form, kind=form.blue.kind)
        red.end = form.blue.red_end
        form.red = red
        return self.books.add(red)

    @rule(pick=PICKS)
    def revoke_form(self, pick: int) -> None:
        if not self.books.forms:
            return
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
        self.ground.pass_time(timedelta(minutes=2))
        for _ in range(2):
            self.run(self.trade.step_forms())

    @rule(pick=PICKS, lines=LINES)
    def reissue(self, pick: int, lines: Any) -> None:
        if not self.find_reversible():
            return
        blue = self.pick(pick, self.find_reversible())
        body = self.body(lines, BUYERS[0], self.name("SO"))
        if not self.has_numbers_for_both(blue):
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

    def has_numbers_for_both(self, blue: Entry) -> bool:
        """For the red invoice and the new one."""
        return self.has_numbers(blue.kind, count=2) and self.has_numbers("digital_ordinary", count=2)

    def finish_reissue(self, form: Form, shown: dict[str, Any]) -> None:
        assert form.replacement is not None
        self.enter_red(shown["red_invoice_id"], form)
        invoice = self.run(self.trade.get(f"/v1/invoices/{form.replacement['id']}"))
        assert invoice["replaces"] == form.blue.id
        self.enter(invoice, form.replacement)

    # What buyers and the bureau do.

    @rule(pick=PICKS)
    def buyer_books(self, pick: int) -> None:
        if not self.find_reversible():
            return
        blue = self.pick(pick, self.find_reversible())
        self.ground.control("usage", {"number": blue.number or "", "usage": "booked"})
        blue.is_used = True

    def find_forms(self, state: str) -> list[Form]:
        return [form for form in self.books.forms.values() if form.state == state and form.red is None]

    @rule(pick=PICKS, confirms=st.booleans())
    def buyer_decides(self, pick: int, confirms: bool) -> None:
        """On the newest form of the invoice that waits for the buyer."""
        if not self.find_forms("02"):
            return
        blue = self.pick(pick, self.find_forms("02")).blue
        form = [each for each in self.find_forms("02") if each.blue is blue][-1]
        if form.replacement is not None and not self.has_numbers_for_both(blue):
            return
        order = {"number": blue.number or "", "action": "confirm" if confirms else "reject"}
        status, answer = self.ground.control("red-forms", order)
        assert status == 200, answer
        self.hear_of_forms()
        form.state = "04" if confirms else "05"
        if confirms and form.replacement is not None:
            self.finish_reissue(form, self.run(self.trade.get(f"/v1/red-forms/{form.id}")))

    @rule(pick=PICKS)
    def buyer_enters(self, pick: int) -> None:
        """A form for all that is left, of which we only learn from the bureau's list."""
        if not self.find_reversible():
            return
        blue = self.pick(pick, self.find_reversible())
        takes = {no: replace(part, quantity=0) for no, part in self.books.price(blue, None).items()}
        status, answer = self.ground.control("red-forms", {"number": blue.number or "", "action": "apply"})
        assert status == 200, answer
        self.ground.pass_time(timedelta(minutes=2))
        (form,) = self.run(self.trade.read_list(set(self.books.forms)))
        self.keep_form(form, blue, takes, expected="03")

    @rule(pick=PICKS, confirms=st.booleans())
    def seller_decides(self, pick: int, confirms: bool) -> None:
        if not self.find_forms("03"):
            return
        form = self.pick(pick, self.find_forms("03"))
        answer = self.ask(f"/v1/red-forms/{form.id}/{'confirm' if confirms else 'reject'}")
        assert answer.status_code == 200, answer.text
        form.state = "04" if confirms else "06"
        self.hear_of_forms()

    @rule(pick=PICKS)
    def bureau_issues(self, pick: int) -> None:
        """The red invoice of a form, of which we learn when we ask about the form.

        The bureau takes the newest form whose red invoice it does not have; not here if ours is on its way to it, for
        then it refuses ours (test_red_races.py).
        """
        if not self.find_forms("01"):
            return
        blue = self.pick(pick, self.find_forms("01")).blue
        form = [each for each in self.find_ready() if each.blue is blue][-1]
        if form.red is not None or form.replacement is not None or blue.is_paper:
            return
        status, answer = self.ground.control("red-forms", {"number": blue.number or "", "action": "issue"})
        assert status == 200, answer
        self.hear_of_forms()
        shown = self.run(self.trade.get(f"/v1/red-forms/{form.id}"))
        red = self.enter_red(shown["red_invoice_id"], form)
        red.is_unasked, red.status, red.state, red.issue_date = True, "issued", "confirmed", self.today

    def find_ready(self) -> list[Form]:
        """As the bureau sees it, oldest first."""
        return [
            form
            for form in self.books.forms.values()
            if form.state in {"01", "04"} and (form.red is None or form.red.state != "confirmed")
        ]

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
            self.run(compare_with_reconciler(self.trade))
            assert all(
                sum(part.amount for part in self.books.left(form.blue).values()) >= 0
                for form in self.books.forms.values()
                if form.state in LIVE
            )
