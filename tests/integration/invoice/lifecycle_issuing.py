"""The machine's ground and the steps by which invoices are issued, repeated and sent again; the books follow along."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from libs.common.clock import shanghai_day
from services.invoice.domain.invoice import NumberChannel
from tests.helpers.invoicing import make_body
from tests.integration.invoice.lifecycle_books import Books, Entry, Part, to_cents
from tests.integration.invoice.lifecycle_checks import compare
from tests.integration.invoice.lifecycle_ground import Ground, Trade

# Buyers whose names order a bad day at the bureau; only one of them is refused for good.
REFUSED = "沙箱-拒绝有限公司"
BUYERS = (
    "武汉某某商贸有限公司",
    REFUSED,
    "沙箱-额度不足有限公司",
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
KINDS = st.sampled_from(("digital_ordinary", "digital_ordinary", "paper_ordinary"))
PICKS = st.integers(0, 10**6)
HOW_OFTEN = ("once", "once", "twice again", "at the same time", "and think better of it")


class Said(NamedTuple):
    """A request and its answer, to be repeated."""

    path: str
    body: Any
    key: str
    answer: httpx.Response


class Issuing(RuleBasedStateMachine):
    """`ground` and `run` are set before the machine is used.

    A step that finds nothing to do does nothing: which steps are drawn must not depend on what the service did.
    """

    ground: Ground
    run: Callable[[Awaitable[Any]], Any]

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.count = 0
        self.is_sound = True

    @initialize(is_local=st.booleans(), blues=st.lists(st.tuples(LINES, KINDS), min_size=1, max_size=3))
    def open(self, is_local: bool, blues: Any) -> None:
        """A tenant with some invoices that the bureau has confirmed."""
        channel = NumberChannel.LOCAL_BLOCKS if is_local else NumberChannel.ASSIGNED_ON_ISSUE
        self.books = Books(is_local)
        self.trade: Trade = self.run(self.ground.open_tenant(channel))
        self.run(self.ground.supply())
        for lines, kind in blues:
            self.issue_one(self.body(lines, BUYERS[0], self.name("SO"), kind=kind))
        self.run(self.trade.settle())
        self.run(compare(self.books, self.trade))

    @property
    def today(self) -> Any:
        return shanghai_day(self.ground.clock.now)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}-{self.count}"

    def pick(self, pick: int, items: list[Any]) -> Any:
        return items[pick % len(items)]

    def ask(self, path: str, body: Any = None, *, with_forms: bool = False) -> httpx.Response:
        """A request under a new key, kept to be repeated if it was done."""
        key = self.name("key")
        self.ground.pass_time(timedelta(milliseconds=1))
        send = self.trade.post_while_forms_go if with_forms else self.trade.post
        answer: httpx.Response = self.run(send(path, body, key))
        assert answer.status_code < 500 or answer.json()["code"] == "numbers-exhausted", answer.text
        if answer.status_code < 300:
            self.said.append(Said(path, body, key, answer))
        return answer

    # What clients do.

    def body(
        self,
        lines: Sequence[tuple[int, int, str]],
        buyer: str,
        reference: str | None,
        *,
        kind: str = "digital_ordinary",
    ) -> dict[str, Any]:
        line = make_body()["lines"][0]
        return make_body(
            kind=kind,
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
        entry = Entry(invoice["id"], body["reference"], lines, self.today, kind=body["kind"])
        entry.end = entry.red_end = "refused" if buyer == REFUSED else "confirmed"
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

    def has_numbers(self, kind: str, *, count: int = 1) -> bool:
        return self.run(self.trade.count_numbers(self.today.year, kind)) >= count

    @rule(
        lines=LINES,
        buyer=st.sampled_from(BUYERS),
        has_reference=st.booleans(),
        kind=KINDS,
        how=st.sampled_from(HOW_OFTEN),
    )
    def issue(self, lines: Any, buyer: str, has_reference: bool, kind: str, how: str) -> None:
        body = self.body(lines, buyer, self.name("SO") if has_reference else None, kind=kind)
        if how == "and think better of it":
            self.think_better_of_it(body)
        elif how == "at the same time":
            self.issue_together(body)
        else:
            for _ in how.split():
                self.issue_one(body)

    def issue_one(self, body: dict[str, Any]) -> None:
        has_numbers = self.has_numbers(body["kind"])
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

        if self.has_numbers(body["kind"]) and not self.has_twin(body):
            first, second = self.run(both())
            assert (first.status_code, first.content) == (second.status_code, second.content)
            assert first.status_code == 201, first.text
            self.enter(first.json(), body)

    def think_better_of_it(self, body: dict[str, Any]) -> None:
        """The whole command, its transaction taken back at the end: as if the process had died before the commit."""
        if self.has_numbers(body["kind"]) and not self.has_twin(body):
            answer = self.run(self.trade.post("/v1/invoices", body, dry_run="true"))
            assert answer.status_code == 200, answer.text

    @rule(pick=PICKS, is_changed=st.booleans())
    def repeat(self, pick: int, is_changed: bool) -> None:
        """Under the same key: the same answer for the same body, none for another."""
        if not self.said:
            return
        said = self.said[pick % len(self.said)]
        if is_changed and said.path == "/v1/invoices":
            answer = self.run(self.trade.post(said.path, said.body | {"remarks": "x"}, said.key))
            assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
        else:
            again = self.run(self.trade.post(said.path, said.body, said.key))
            assert (again.status_code, again.content) == (said.answer.status_code, said.answer.content), (
                said.path
            )

    @rule(pick=PICKS)
    def resubmit(self, pick: int) -> None:
        if not self.find_refused():
            return
        entry = self.pick(pick, self.find_refused())
        answer = self.ask(f"/v1/invoices/{entry.id}/resubmit", {"reason": "更正后重报"})
        assert answer.status_code == 200, answer.text
        entry.state, entry.end = "submitted", "confirmed"

    def find_refused(self) -> list[Entry]:
        return [
            each for each in self.books.entries.values() if (each.status, each.state) == ("issued", "refused")
        ]
