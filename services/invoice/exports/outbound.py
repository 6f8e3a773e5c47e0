"""HTTP to addresses that tenants name: public ones only, checked at each connection, redirects never followed."""

import ipaddress
import socket
from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

import certifi
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError

from services.invoice.errors import ExportTargetRefused

_PORTS = {"http": 80, "https": 443}
# Prefixes that lead to an IPv4 address inside: NAT64, 6to4, Teredo, and the deprecated IPv4-compatible form.
_TUNNELS = [
    ipaddress.ip_network(each)
    for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
]


class Guard:
    """Knows which addresses may be reached; `allowed` are `host:port` of the operators' choice."""

    def __init__(self, allowed: Collection[str] = ()) -> None:
        self._allowed = frozenset(allowed)

    def check_url(self, url: str) -> None:
        """Raises ExportTargetRefused; looks the host up, so not for the event loop."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        except ValueError:
            raise _refused("the address cannot be read", "地址格式不正确") from None
        if (
            parts.username is not None
            or parts.query
            or parts.fragment
            or not host
            or parts.scheme not in _PORTS
        ):
            raise _refused("an http address without user, query and fragment is expected", "地址格式不正确")
        if self.is_allowed(host, port):
            return
        if parts.scheme != "https":
            raise _refused("it is not https", "未使用 https")
        if port != 443 and port < 1024:
            raise _refused("its port is another service's", "端口不允许")
        self.resolve(host, port)

    def is_allowed(self, host: str, port: int) -> bool:
        return f"{host}:{port}" in self._allowed

    def resolve(self, host: str, port: int) -> str:
        """The address to connect to; every address of the host must be public. Raises ExportTargetRefused."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _refused("its host is not known", "主机名无法解析") from None
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not (self.is_allowed(host, port) or all(map(is_public, addresses))):
            raise _refused("its host is not on the public internet", "主机不在公网")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether it is a unicast address of the public internet; addresses that lead elsewhere are not."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TUNNELS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def _refused(reason: str, reason_zh: str) -> ExportTargetRefused:
    return ExportTargetRefused(f"Refused because {reason}.", detail_zh=f"{reason_zh}。", reason=reason)


class _Guarded(HTTPConnection):
    """Connects to the very address that was checked, so that a name cannot change in between."""

    guard: Guard

    def _new_conn(self) -> socket.socket:
        try:
            address = self.guard.resolve(self.host, self.port or 0)
        except ExportTargetRefused as error:
            raise NewConnectionError(self, f"refused: {error.values['reason']}") from error
        name, self._dns_host = self._dns_host, address
        try:
            return super()._new_conn()
        finally:
            self._dns_host = name


class _GuardedTls(_Guarded, HTTPSConnection):
    pass


def make_http(guard: Guard | None, *, read_seconds: float) -> urllib3.PoolManager:
    """Without a guard any address can be reached: for the platform's own store."""
    pool = urllib3.PoolManager(
        timeout=urllib3.Timeout(connect=5.0, read=read_seconds),
        retries=urllib3.Retry(total=1, redirect=False, backoff_factor=0.2, status_forcelist=()),
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
    )
    if guard is not None:
        plain: Any = type("GuardedPlain", (_Guarded,), {"guard": guard})
        tls: Any = type("GuardedTls", (_GuardedTls,), {"guard": guard})
        pool.pool_classes_by_scheme = {
            "http": type("GuardedPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("GuardedTlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }
    return pool
