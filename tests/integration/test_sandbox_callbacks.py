"""The bureau's unsolicited callbacks: what is posted, in which order, and when nothing is."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.sandbox_programs import SandboxProgram, wait_until
from tests.integration.test_sandbox_bureau import WUHAN, make_invoice, make_upload, order_numbers

ORDER = {"mode": "unsolicited_callback", "count": 1, "seller": WUHAN}


@pytest.fixture
def received() -> Iterator[tuple[list[bytes], str]]:
    """The bodies that a platform has been sent, and its address."""
    bodies: list[bytes] = []

    class Platform(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(202)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Platform)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield bodies, f"http://127.0.0.1:{server.server_port}/callbacks"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def bureau(tmp_path: Path, received: tuple[list[bytes], str]) -> Iterator[SandboxProgram]:
    program = SandboxProgram(
        "bureau", tmp_path, OFP_BUREAU_ISSUE_DELAY_MILLIS=50, OFP_BUREAU_CALLBACK_URL=received[1]
    )
    program.start()
    yield program
    program.stop()


def read_all(bodies: list[bytes]) -> tuple[list[dict[str, Any]], int]:
    """What was sent of a struck invoice or form: the callbacks, and how much garbage there was."""
    wait_until(lambda: len(bodies) == 6)
    sound = [json.loads(body) for body in bodies if body.startswith(b"{")]
    return sound, len(bodies) - len(sound)


def test_magic_name_brings_a_lie_twice_noise_and_the_truth_twice(
    bureau: SandboxProgram, received: tuple[list[bytes], str]
) -> None:
    bureau.post("/v1/invoices", make_invoice("s-1", buyer={"name": "武汉沙箱-回调有限公司"}))
    callbacks, garbage = read_all(received[0])
    assert garbage == 1
    truth = bureau.get(f"/v1/invoices?seller={WUHAN}&serial=s-1")[1]
    of_it = [(each["state"], each["number"]) for each in callbacks if each["serial"] == "s-1"]
    assert sorted(of_it) == sorted([("rejected", "0" * 20)] * 2 + [("issued", truth["number"])] * 2)
    assert of_it[-1] == ("issued", truth["number"])
    assert len({each["id"] for each in callbacks}) == 3
    assert {(each["about"], each["seller"]) for each in callbacks} == {("invoice", WUHAN)}


def test_refused_upload_is_told_of_as_refused(
    bureau: SandboxProgram, received: tuple[list[bytes], str]
) -> None:
    bureau.post("/control/faults", ORDER)
    (number,) = order_numbers(bureau, 1)
    upload = make_upload("s-1", number, buyer={"name": "沙箱-拒绝"})
    assert bureau.post("/v1/invoices", upload)[1]["status"] == "rejected"
    callbacks, _ = read_all(received[0])
    assert [each["state"] for each in callbacks if each["number"] is None][-1] == "rejected"


def test_ordered_mode_tells_of_a_changed_form(
    bureau: SandboxProgram, received: tuple[list[bytes], str]
) -> None:
    (number,) = order_numbers(bureau, 1)
    bureau.post("/v1/invoices", make_upload("s-1", number))
    bureau.post("/control/faults", ORDER)
    form = bureau.post("/control/red-forms", {"number": number, "action": "apply"})[1]
    callbacks, _ = read_all(received[0])
    assert {each["about"] for each in callbacks} == {"red_form"}
    states = [each["state"] for each in callbacks if each["serial"] == form["serial"]]
    assert sorted(states) == ["03", "03", "10", "10"]


def test_without_an_order_nothing_is_told(bureau: SandboxProgram, received: tuple[list[bytes], str]) -> None:
    bureau.post("/v1/invoices", make_invoice("s-1"))
    bureau.post("/v1/invoices", make_invoice("s-2", buyer={"name": "沙箱-回调"}))
    callbacks, _ = read_all(received[0])
    assert "s-1" not in {each["serial"] for each in callbacks}
