"""Addresses, what the feed shows, and when a delivery is tried again."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from libs.common.addresses import is_email, mask_email
from libs.common.ids import TenantId
from services.notify.domain.deliveries import retry_delay
from services.notify.domain.feed import FeedEvent, in_causal_order, shown_payload

pytestmark = pytest.mark.fast

SAMPLES = Path(__file__).parents[2] / "contract" / "samples"


@pytest.mark.parametrize(
    "address",
    [
        "ap@example.cn",
        "a@b",
        "first.last+tag@mail.example.com",
        "o'neil_{x}@xn--fiq228c.xn--fiqs8s",
        "a" * 64 + "@example.cn",
    ],
)
def test_is_email_takes_dot_atoms(address: str) -> None:
    assert is_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ap",
        "@example.cn",
        "ap@",
        "a..b@example.cn",
        ".a@example.cn",
        "a@-example.cn",
        "a@example..cn",
        "a b@example.cn",
        "a@example.cn\n",
        "a@example.cn\r\nRCPT TO:<b@example.cn>",
        "a@b@example.cn",
        "王@example.cn",
        '"a b"@example.cn',
        "a@[127.0.0.1]",
        "<a@example.cn>",
        "a" * 65 + "@example.cn",
        "a@" + "b" * 64 + ".cn",
        "a@" + ".".join(["b" * 60] * 5),
    ],
)
def test_is_email_takes_nothing_else(address: str) -> None:
    assert not is_email(address)


@pytest.mark.parametrize(
    ("address", "masked"),
    [("ap@example.cn", "a***@example.cn"), ("a@example.cn", "***@example.cn"), ("13800138000", "1***")],
)
def test_mask_email_hides_who_it_is(address: str, masked: str) -> None:
    assert mask_email(address) == masked


def test_retry_delay_grows_over_a_day_then_ends() -> None:
    delays = [retry_delay(attempt) for attempt in range(1, 10)]
    assert delays[:5] == [
        timedelta(seconds=5),
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(hours=1),
    ]
    assert delays[-1] is None
    assert sum((delay for delay in delays if delay), timedelta()) > timedelta(days=1)


def test_shown_payload_keeps_other_services_bytes() -> None:
    value = b'{"b": 1,  "secret_sha256": "x"}'
    assert shown_payload("render.documents_ready.v1", value) is value


def test_shown_payload_masks_persons_of_an_invoice_and_nothing_else() -> None:
    sample = json.loads((SAMPLES / "invoice.issued.v1.json").read_bytes())
    contacts = {"phone": "027-12345678", "mobile": "13800138000", "email": "wang@example.cn"}
    person = {"is_individual": True, "tax_id": "11010119900307123X"}
    journey = {"document_type": "201", "document_number": "11010119900307123X"}
    invoice = sample["invoice"] | {
        "buyer": sample["invoice"]["buyer"] | contacts | person,
        "special_business": {"type": "passenger_transport", "rows": [journey]},
        "deliver": {"channels": ["email"], "to": {"email": "wang@example.cn", "sms": "13800138000"}},
    }
    shown = json.loads(
        shown_payload("invoice.issued.v1", json.dumps(sample | {"invoice": invoice}).encode()) or b""
    )
    masked = shown["invoice"]
    assert masked["buyer"] == invoice["buyer"] | {
        "phone": "***5678",
        "mobile": "***8000",
        "email": "w***@example.cn",
        "tax_id": "***123X",
    }
    assert masked["special_business"]["rows"] == [journey | {"document_number": "***123X"}]
    assert masked["deliver"]["to"] == {"email": "w***@example.cn", "sms": "***8000"}
    rest = {
        name: value for name, value in invoice.items() if name not in {"buyer", "special_business", "deliver"}
    }
    assert {name: masked[name] for name in rest} == rest
    assert {name: shown[name] for name in sample if name != "invoice"} == {
        name: sample[name] for name in sample if name != "invoice"
    }


def test_shown_payload_of_auth_is_a_chosen_part() -> None:
    value = b'{"secret_sha256":"ab","scopes":["notify:read"],"later":1,"revoked_at":null}'
    shown = shown_payload("auth.api_key_changed.v1", value)
    assert shown == b'{"scopes":["notify:read"],"revoked_at":null}'
    assert shown_payload("auth.session_revoked.v1", value) is None
    assert shown_payload("auth.api_key_changed.v2", value) is None


def test_in_causal_order_keeps_the_order_within_a_source() -> None:
    def make(source: str, sequence: int) -> FeedEvent:
        nil = UUID(int=0)
        now = datetime(2026, 11, 24, tzinfo=UTC)
        return FeedEvent(TenantId(nil), nil, f"openfapiao/{source}", "t", nil, sequence, now, "", "", b"{}")

    came = [make("render", 1), make("invoice", 1), make("later", 1), make("render", 2), make("invoice", 2)]
    sources = [(e.source.rpartition("/")[2], e.sequence) for e in in_causal_order(came)]
    assert sources == [("invoice", 1), ("invoice", 2), ("render", 1), ("render", 2), ("later", 1)]
