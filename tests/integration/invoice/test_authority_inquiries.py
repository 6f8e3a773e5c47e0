"""What can be asked of the authority besides invoices and forms: the port's other half, against the real bureau."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from services.invoice.authority.inquiries import InquiryConnector
from services.invoice.domain.authority import AuthorityUnavailable
from services.invoice.domain.inquiries import (
    AuthorityInquiries,
    Claim,
    Layout,
    Match,
    NotSupported,
    OperatorSession,
    Usage,
)
from tests.helpers.sandbox_programs import ROOT, SandboxProgram
from tests.integration.test_sandbox_bureau import NOW, WUHAN, make_invoice, make_upload, order_numbers


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProgram]:
    folder: Path = tmp_path_factory.mktemp("bureau")
    program = SandboxProgram("bureau", folder, OFP_BUREAU_ISSUE_DELAY_MILLIS=600_000)
    program.start()
    yield program
    program.stop()


@pytest.fixture
async def port(bureau: SandboxProgram) -> AsyncIterator[AuthorityInquiries]:
    async with aiohttp.ClientSession() as http:
        yield InquiryConnector(http, f"http://127.0.0.1:{bureau.port}", 5.0)


@pytest.fixture(scope="module")
def number(bureau: SandboxProgram) -> str:
    """Of an uploaded invoice over ¥106.00 with tax, dated 24 November."""
    (number,) = order_numbers(bureau, 1)
    assert bureau.post("/v1/invoices", make_upload("s-1", number))[1]["status"] == "issued"
    return number


def claim(number: str, **changes: Any) -> Claim:
    day = NOW.date().replace(month=11, day=24)
    return Claim(**{"number": number, "date": day, "amount": Decimal("106.00"), **changes})


@contextmanager
def away(bureau: SandboxProgram) -> Iterator[None]:
    """For as long as it takes: a lost connection is tried again once."""
    order = {"mode": "down", "count": 100, "seller": WUHAN}
    bureau.post("/control/faults", order)
    yield
    bureau.post("/control/faults", order | {"count": 0})


async def test_invoice_that_is_true_matches(port: AuthorityInquiries, number: str) -> None:
    assert await port.verify(claim(number)) is Match.MATCH


@pytest.mark.parametrize(
    "changes", [{"amount": Decimal("100.00")}, {"amount": None}, {"days": 1}, {"check6": "123456"}]
)
async def test_invoice_that_says_something_else_does_not(
    port: AuthorityInquiries, number: str, changes: dict[str, Any]
) -> None:
    true = claim(number)
    if "days" in changes:
        changes = {"date": true.date + timedelta(days=1)}
    expected = Match.MATCH if "check6" in changes else Match.MISMATCH
    assert await port.verify(claim(number, **changes)) is expected


async def test_number_that_nobody_holds_is_none(port: AuthorityInquiries) -> None:
    assert await port.verify(claim("26427999999999999999")) is Match.NONE


async def test_use_by_the_buyer_is_told(
    port: AuthorityInquiries, bureau: SandboxProgram, number: str
) -> None:
    assert await port.get_usage(number) is Usage.NONE
    bureau.post("/control/usage", {"number": number, "usage": "booked"})
    assert await port.get_usage(number) is Usage.BOOKED
    bureau.post("/control/usage", {"number": number, "usage": "none"})


async def test_session_that_has_ended_is_told(port: AuthorityInquiries, bureau: SandboxProgram) -> None:
    assert await port.get_operator_session(WUHAN) is OperatorSession.OK
    bureau.post("/control/faults", {"mode": "login_needed", "count": 1, "seller": WUHAN})
    assert await port.get_operator_session(WUHAN) is OperatorSession.LOGIN_NEEDED


async def test_reference_comes_with_its_version(port: AuthorityInquiries) -> None:
    profile, rates = await port.get_profile(WUHAN), await port.get_usable_rates(WUHAN)
    codes = await port.get_class_codes()
    assert not isinstance(profile, NotSupported)
    assert not isinstance(rates, NotSupported)
    assert not isinstance(codes, NotSupported)
    assert (profile.seller, profile.taxpayer_kind) == (WUHAN, "general")
    assert Decimal("0.13") in rates.rates
    assert {len(each.code) for each in codes.items} == {19}
    assert profile.version == rates.version == codes.version


async def test_what_is_not_offered_is_answered_as_such(
    port: AuthorityInquiries, bureau: SandboxProgram, number: str
) -> None:
    assert await port.fetch_layout(number, "pdf") == NotSupported("fetch_layout")
    pending = bureau.post("/v1/invoices", make_invoice("s-2"))[1]
    assert pending["status"] == "accepted"
    assert await port.fetch_layout("26422000000000000001", "ofd") == Layout()
    reserved = await port.reserve_quota(WUHAN, Decimal("1.00"), request_id="r-1")
    assert reserved == NotSupported("reserve_quota")
    assert await port.release_quota(WUHAN, request_id="r-1") == NotSupported("release_quota")


async def test_bureau_that_is_away_is_unavailable(port: AuthorityInquiries, bureau: SandboxProgram) -> None:
    with away(bureau), pytest.raises(AuthorityUnavailable):
        await port.get_profile(WUHAN)


def ask(bureau: SandboxProgram, *arguments: str) -> tuple[int, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "services.invoice", "ask-authority", *arguments],
        cwd=ROOT,
        env={"OFP_BUREAU_URL": f"http://127.0.0.1:{bureau.port}", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def test_operator_asks_from_the_command_line(bureau: SandboxProgram, number: str) -> None:
    assert ask(bureau, "session", "--seller", WUHAN) == (0, "ok")
    day = f"{NOW.year}-11-24"
    assert ask(bureau, "verify", "--number", number, "--date", day, "--amount", "106.00") == (0, "match")
    assert ask(bureau, "layout", "--number", number, "--format", "pdf") == (0, {"operation": "fetch_layout"})
    with away(bureau):
        code, message = ask(bureau, "profile", "--seller", WUHAN)
    assert (code, message.startswith("the bureau did not answer")) == (1, True)
