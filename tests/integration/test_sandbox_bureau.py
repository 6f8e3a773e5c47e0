"""The bureau as a real process: faults on the wire, odd requests, death and return."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.bureau.clock import CHINA
from tests.helpers.sandbox_programs import SandboxProgram, wait_until

WUHAN, HANGZHOU = "91420100MA4K00002Y", "91330106MA2XXXXX0A"
NOW = datetime.now(UTC)


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[SandboxProgram]:
    program = SandboxProgram(
        "bureau",
        tmp_path,
        OFP_BUREAU_ISSUE_DELAY_MILLIS=50,
        OFP_BUREAU_SLOW_MILLIS=300,
        OFP_BUREAU_HOLD_MILLIS=60_000,
    )
    program.start()
    yield program
    program.stop()


def make_invoice(serial: str, **changes: object) -> dict[str, Any]:
    line = {
        "name": "*餐饮服务*餐费",
        "tax_class_code": "3070401000000000000",
        "tax_rate": "0.06",
        "amount": "100.00",
        "tax": "6.00",
    }
    return {
        "channel": "assigned_on_issue",
        "seller": WUHAN,
        "serial": serial,
        "kind": "82",
        "buyer": {"name": "武汉云梦商贸有限公司"},
        "lines": [line],
        "totals": {"amount": "100.00", "tax": "6.00", "amount_with_tax": "106.00"},
    } | changes


def order_numbers(bureau: SandboxProgram, count: int) -> list[str]:
    order = {"request_id": f"r-{count}", "seller": WUHAN, "year": NOW.year, "count": count}
    status, block = bureau.post("/v1/blocks", order)
    assert status == 200
    return [str(number) for number in range(int(block["first"]), int(block["last"]) + 1)]


def make_upload(serial: str, number: str, **changes: object) -> dict[str, Any]:
    upload = {"channel": "local_blocks", "number": number, "issue_date": f"{NOW.year}-11-24"}
    return make_invoice(serial, **upload | changes)


def list_held(bureau: SandboxProgram, seller: str = WUHAN) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor = "0"
    while cursor is not None:
        _, page = bureau.get(f"/control/invoices?seller={seller}&limit=1000&cursor={cursor}")
        items += page["items"]
        cursor = page["next_cursor"]
    return items


def test_assigned_invoice_is_accepted_then_issued_on_query(bureau: SandboxProgram) -> None:
    _, accepted = bureau.post("/v1/invoices", make_invoice("s-1"))
    assert (accepted["status"], accepted["number"]) == ("accepted", None)
    place = f"/v1/invoices?seller={WUHAN}&serial=s-1"
    issued = wait_until(lambda: (answer := bureau.get(place)[1])["status"] == "issued" and answer)
    assert issued["number"][4] == "2"
    assert bureau.get(f"/v1/invoices?number={issued['number']}")[1] == issued
    assert bureau.get(f"/v1/invoices?seller={WUHAN}&serial=s-2")[1]["status"] == "not_found"


def test_batch_answers_in_order_and_spares_the_rest_from_a_malformed_entry(bureau: SandboxProgram) -> None:
    numbers = order_numbers(bureau, 3)
    entries = [make_upload(f"s-{index}", number) for index, number in enumerate(numbers)]
    entries[1]["totals"]["amount"] = 100
    status, answer = bureau.post("/v1/invoices/batch", {"invoices": [*entries, entries[0]]})
    assert status == 200
    assert [item["status"] for item in answer["items"]] == ["issued", "rejected", "issued", "duplicate"]
    assert answer["items"][1]["error"]["code"] == "malformed"
    assert "/totals/amount" in answer["items"][1]["error"]["text"]
    queries = [{"seller": WUHAN, "serial": f"s-{index}"} for index in range(3)]
    _, found = bureau.post("/v1/invoices/queries", {"invoices": queries})
    assert [item["status"] for item in found["items"]] == ["issued", "not_found", "issued"]


@pytest.mark.parametrize("word", ["沙箱-宕机", "沙箱-超时"])
def test_magic_name_that_costs_the_answer_recovers_on_the_second_try(
    bureau: SandboxProgram, word: str
) -> None:
    invoice = make_invoice("s-1", buyer={"name": word})
    with pytest.raises(OSError):  # noqa: PT011 - closed or timed out
        bureau.post("/v1/invoices", invoice, timeout_seconds=1)
    is_kept = word == "沙箱-超时"
    assert len(list_held(bureau)) == is_kept
    status, answer = bureau.post("/v1/invoices", invoice)
    assert (status, answer["status"]) == (200, "duplicate" if is_kept else "accepted")
    assert [item["submissions"] for item in list_held(bureau)] == [1 + is_kept]


def test_slow_answer_comes_after_the_work_is_done(bureau: SandboxProgram) -> None:
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(bureau.post, "/v1/invoices", make_invoice("s-1", buyer={"name": "沙箱-缓慢"}))
        wait_until(lambda: list_held(bureau))
        assert not answer.done()
        assert answer.result()[1]["serial"] == "s-1"


def test_ordered_down_strikes_every_call_of_its_seller_and_ends(bureau: SandboxProgram) -> None:
    bureau.post("/control/faults", {"mode": "down", "count": 3, "seller": WUHAN})
    for call in (
        lambda: bureau.get(f"/v1/quota?seller={WUHAN}"),
        lambda: bureau.post("/v1/invoices", make_invoice("s-1")),
        lambda: order_numbers(bureau, 5),
    ):
        with pytest.raises(OSError):  # noqa: PT011
            call()
    assert bureau.get(f"/v1/quota?seller={HANGZHOU}")[0] == 200
    assert list_held(bureau) == []
    assert bureau.get(f"/control/blocks?seller={WUHAN}")[1]["items"] == []
    assert bureau.post("/v1/invoices", make_invoice("s-1"))[1]["status"] == "accepted"


def test_ordered_timeout_on_a_block_keeps_the_block_for_the_repeat(bureau: SandboxProgram) -> None:
    bureau.post("/control/faults", {"mode": "timeout_after_accept", "count": 1})
    order = {"request_id": "r-1", "seller": WUHAN, "year": NOW.year, "count": 10}
    with pytest.raises(TimeoutError):
        bureau.post("/v1/blocks", order, timeout_seconds=0.5)
    bureau.post("/v1/blocks", order)
    assert len(bureau.get(f"/control/blocks?seller={WUHAN}")[1]["items"]) == 1


def test_login_needed_ends_when_the_operator_signs_in(bureau: SandboxProgram) -> None:
    session = f"/v1/operator-session?seller={WUHAN}"
    assert bureau.get(session)[1]["status"] == "ok"
    bureau.post("/control/faults", {"mode": "login_needed", "count": 1000, "seller": WUHAN})
    assert bureau.get(session)[1]["status"] == "login_needed"
    assert bureau.post("/v1/invoices", make_invoice("s-1"))[1]["status"] == "login_needed"
    bureau.post("/control/faults", {"mode": "login_needed", "count": 0})
    assert bureau.get(session)[1]["status"] == "ok"
    assert bureau.post("/v1/invoices", make_invoice("s-1"))[1]["status"] == "accepted"


def test_clock_and_faults_survive_a_restart(bureau: SandboxProgram) -> None:
    bureau.post("/control/clock", {"offset_seconds": 366 * 86_400})
    bureau.post("/control/faults", {"mode": "reject", "count": 7})
    bureau.kill()
    bureau.start()
    assert bureau.get("/control/faults")[1]["items"] == [{"mode": "reject", "seller": None, "count": 7}]
    bureau.post("/control/faults", {"mode": "reject", "count": 0})
    bureau.post("/v1/invoices", make_invoice("s-1"))
    number = wait_until(lambda: list_held(bureau)[0]["number"])
    assert number[:2] == f"{(NOW.year + 1) % 100:02d}"


def test_quota_set_by_control_is_what_counts(bureau: SandboxProgram) -> None:
    bureau.post("/control/quota", {"seller": WUHAN, "total": "150.00"})
    statuses = [bureau.post("/v1/invoices", make_invoice(f"s-{index}"))[1]["status"] for index in range(2)]
    assert statuses == ["accepted", "rejected"]
    _, quota = bureau.get(f"/v1/quota?seller={WUHAN}")
    assert (quota["total"], quota["used"], quota["available"]) == ("150.00", "100.00", "50.00")


BAD_REQUESTS = {
    "no json": ("POST", "/v1/invoices", b"", 400),
    "duplicate key": ("POST", "/v1/invoices", b'{"seller":"a","seller":"b"}', 400),
    "float": ("POST", "/v1/blocks", b'{"count":1.0}', 400),
    "deep": ("POST", "/v1/invoices", b"[" * 100_000, 400),
    "surrogate": ("POST", "/v1/invoices", json.dumps(make_invoice("\ud800")).encode(), 400),
    "unknown field": ("POST", "/v1/invoices", json.dumps(make_invoice("s", total="1.00")).encode(), 422),
    "no lines": ("POST", "/v1/invoices", json.dumps(make_invoice("s", lines=[])).encode(), 422),
    "line feed after the serial": ("POST", "/v1/invoices", json.dumps(make_invoice("s\n")).encode(), 422),
    "empty batch": ("POST", "/v1/invoices/batch", b'{"invoices":[]}', 422),
    "large batch": ("POST", "/v1/invoices/batch", json.dumps({"invoices": [{}] * 501}).encode(), 422),
    "large block": (
        "POST",
        "/v1/blocks",
        json.dumps({"request_id": "r", "seller": WUHAN, "year": NOW.year, "count": 5001}).encode(),
        422,
    ),
    "unknown parameter": ("GET", f"/v1/quota?seller={WUHAN}&tenant=x", None, 422),
    "repeated parameter": ("GET", f"/v1/quota?seller={WUHAN}&seller={WUHAN}", None, 422),
    "half an identity": ("GET", "/v1/invoices?serial=s-1", None, 422),
    "huge limit": ("GET", f"/control/invoices?seller={WUHAN}&limit={10**20}", None, 422),
    "forged cursor": ("GET", f"/control/invoices?seller={WUHAN}&cursor=-1", None, 422),
    "unknown mode": ("POST", "/control/faults", b'{"mode":"fire","count":1}', 422),
    "endless offset": ("POST", "/control/clock", json.dumps({"offset_seconds": 10**30}).encode(), 422),
    "unknown path": ("GET", "/control/nothing", None, 404),
    "wrong method": ("DELETE", "/v1/invoices", None, 405),
}


def test_bad_request_is_answered_with_a_problem(bureau: SandboxProgram) -> None:
    for name, (method, path, content, expected) in BAD_REQUESTS.items():
        status, problem = bureau.call(method, path, content)
        assert (name, status, problem["status"]) == (name, expected, expected)
        assert problem["title_zh"]
        assert problem["request_id"]
    assert list_held(bureau) == []
    assert '"level": "error"' not in bureau.read_log()


def test_stop_does_not_wait_for_a_held_answer(bureau: SandboxProgram) -> None:
    with ThreadPoolExecutor() as pool:
        held = pool.submit(bureau.post, "/v1/invoices", make_invoice("s-1", buyer={"name": "沙箱-超时"}))
        wait_until(lambda: list_held(bureau))
        assert bureau.stop() == 0
        assert isinstance(held.exception(), OSError)
    bureau.start()
    assert len(list_held(bureau)) == 1


class Uploader:
    """Sends batches until the bureau dies, and remembers what was answered."""

    def __init__(self, bureau: SandboxProgram, numbers: list[str]) -> None:
        self.batches = [
            [make_upload(f"s-{number}", number) for number in numbers[start : start + 50]]
            for start in range(0, len(numbers), 50)
        ]
        self.answered: dict[str, str] = {}
        self.is_under_way = threading.Event()
        self._bureau = bureau

    def run(self, batches: list[list[dict[str, Any]]]) -> None:
        for batch in batches:
            try:
                _, answer = self._bureau.post("/v1/invoices/batch", {"invoices": batch})
            except OSError:
                continue
            self.answered |= {item["serial"]: item["number"] for item in answer["items"]}
            if len(self.answered) >= 300:
                self.is_under_way.set()


def test_kill_during_batches_loses_nothing_answered_and_doubles_nothing(bureau: SandboxProgram) -> None:
    numbers = order_numbers(bureau, 5000)
    uploader = Uploader(bureau, numbers)
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(uploader.run, uploader.batches[worker::4]) for worker in range(4)]
        assert uploader.is_under_way.wait(15)
        bureau.kill()
        for run in runs:
            run.result()
    before = dict(uploader.answered)
    assert 300 <= len(before) < 5000
    bureau.start()
    held = {item["serial"]: item["number"] for item in list_held(bureau)}
    assert before.items() <= held.items()
    uploader.run(uploader.batches)  # everything again, as one does after an unknown outcome
    items = list_held(bureau)
    assert {item["serial"]: item["number"] for item in items} == {f"s-{number}": number for number in numbers}
    assert len(items) == 5000
    assert {item["submissions"] for item in items if item["serial"] in before} == {2}
    assert bureau.get(f"/v1/quota?seller={WUHAN}&period={NOW.year}11")[1]["used"] == "500000.00"


def test_summary_adds_up_the_invoices_of_a_day(bureau: SandboxProgram) -> None:
    first, second, *_ = order_numbers(bureau, 3)
    bureau.post("/v1/invoices", make_upload("s-1", first, issue_date=f"{NOW.year}-03-01"))
    bureau.post("/v1/invoices", make_upload("s-2", second, issue_date=f"{NOW.year}-03-02"))
    bureau.post("/v1/invoices", make_invoice("s-3"))
    place = f"/v1/summaries?seller={WUHAN}&day="
    _, summary = bureau.get(f"{place}{NOW.year}-03-01")
    assert summary == {
        "seller": WUHAN,
        "day": f"{NOW.year}-03-01",
        "invoices": 1,
        "amount": "100.00",
        "tax": "6.00",
        "voided": 0,
    }
    today = datetime.now(CHINA).date()
    wait_until(lambda: bureau.get(f"{place}{today}")[1]["invoices"] == 1)
    assert bureau.get(f"{place}2020-01-01")[1]["amount"] == "0.00"
