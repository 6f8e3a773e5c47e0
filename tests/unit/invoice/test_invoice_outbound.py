"""Where archives may be sent: checked when it is said, and again at each connection, whatever the name says then."""

import socket
from collections.abc import Iterator

import pytest
import urllib3

from services.invoice.errors import ExportTargetRefused
from services.invoice.exports.outbound import Guard, is_public, make_http

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "::1", "0.0.0.0", "::", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254",  # noqa: S104
        "100.64.0.1", "fe80::1", "fe80::1%eth0", "fd00::1", "224.0.0.1", "ff02::1", "255.255.255.255", "192.0.2.1",
        "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2001::1",
        "2001:db8::1", "240.0.0.1",
    ],
)  # fmt: skip
def test_address_that_leads_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as opened:
        opened.settimeout(0.2)
        yield opened


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connection_inside_is_never_made(listener: socket.socket, scheme: str, host: str) -> None:
    """As after a name was bound anew: the address was not refused when it was given."""
    url = f"{scheme}://{host}:{listener.getsockname()[1]}/"
    with pytest.raises(urllib3.exceptions.HTTPError, match="not on the public internet"):
        make_http(Guard(), read_seconds=1).request("GET", url)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_connection_that_operators_allow_is_made(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    http = make_http(Guard([f"127.0.0.1:{port}"]), read_seconds=0.1)
    with pytest.raises(urllib3.exceptions.HTTPError, match="timed out"):
        http.request("GET", f"http://127.0.0.1:{port}/")
    connection, _ = listener.accept()
    connection.close()


def test_address_that_operators_allow_is_not_refused() -> None:
    guard = Guard(["127.0.0.1:9000"])
    guard.check_url("http://127.0.0.1:9000/folder")
    with pytest.raises(ExportTargetRefused):
        guard.check_url("http://127.0.0.1:9001/folder")


REFUSED = [
    "https://127.0.0.1/x", "https://localhost/x", "https://[::1]/x", "https://0.0.0.0/x", "https://169.254.169.254/x",
    "https://10.1.2.3/x", "https://192.168.1.1/x", "https://100.64.0.1/x", "https://127.1/x", "https://0x7f.1/x",
    "https://2130706433/x", "https://[::ffff:127.0.0.1]/x", "https://[64:ff9b::7f00:1]/x", "https://[2002:7f00:1::]/x",
    "https://user@example.com/x", "http://93.184.216.34/x", "https://93.184.216.34:22/x", "https://224.0.0.1/x",
    "https://host.invalid/x", "https://93.184.216.34/x?a=1", "https://93.184.216.34:99999/x",
]  # fmt: skip


@pytest.mark.parametrize("url", REFUSED)
def test_address_inside_or_unsound_is_refused(url: str) -> None:
    with pytest.raises(ExportTargetRefused):
        Guard(["none"]).check_url(url)
