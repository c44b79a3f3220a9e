"""Guards against server-side request forgery: connects to public addresses only.

A name is resolved once, each address is checked, and the connection goes to a checked address.
So a name server cannot give one address to the check and another to the connection.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import httpcore2

from newsletter.articles.tolerant_stream import TolerantStream
from newsletter.config.private_hosts import parse_private_host
from newsletter.errors import SourceError

PATIENCE = 5.0
"""Seconds after which the next address of a host is tried: IPv6 often leads nowhere."""

_GLOBAL_UNICAST = ip_network("2000::/3")
_SPECIAL = (
    ip_network("192.0.0.0/24"),  # RFC 6890, protocol assignments
    ip_network("192.88.99.0/24"),  # RFC 7526, old 6to4 relays
    ip_network("2001::/23"),  # RFC 2928, protocol assignments
    ip_network("3fff::/20"),  # RFC 9637, documentation
)
_NAT64 = ip_network("64:ff9b::/96")
_COMPATIBLE = ip_network("::/96")

Address = IPv4Address | IPv6Address


def is_public(address: Address) -> bool:
    """Whether the address is public; for an IPv6 form of an IPv4 address, whether that is."""
    inner = embedded_ipv4(address)
    if inner is not None:
        return is_public(inner)
    if any(address in network for network in _SPECIAL) or address.is_multicast:
        return False
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    return address.is_global


def embedded_ipv4(address: Address) -> IPv4Address | None:
    """The IPv4 address inside a mapped, compatible, 6to4, Teredo or NAT64 one."""
    if isinstance(address, IPv4Address):
        return None
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or address in _COMPATIBLE:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return None


class Permissions:
    """The private hosts, addresses and networks that the site's configuration allows."""

    def __init__(self, allow_private: Iterable[str]) -> None:
        self._entries = [parse_private_host(entry) for entry in allow_private]

    def allow(self, host: str, address: Address, port: int) -> bool:
        """Whether a connection to `host` may go to `address` at `port`."""
        name = host.lower().rstrip(".")
        forms = {address, embedded_ipv4(address) or address}
        return is_public(address) or any(
            entry.port in (None, port)
            and (
                entry.host == name
                or (entry.network is not None and any(form in entry.network for form in forms))
            )
            for entry in self._entries
        )


class GuardedBackend(httpcore2.AsyncNetworkBackend):
    """Opens TCP connections for the HTTP client, to allowed addresses only."""

    def __init__(self, permissions: Permissions) -> None:
        self._permissions = permissions
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the client's
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first allowed address that answers; raises SourceError if none is allowed."""
        addresses = await _resolve(host, port)
        allowed = [address for address in addresses if self._permissions.allow(host, address, port)]
        if not allowed:
            raise SourceError(
                f"{host} is at the private address {addresses[0]}, which is not fetched",
                field="allow_private",
                fix="if you trust it, name it where the address is configured: "
                f'allow_private = ["{_entry(addresses[0], port)}"]',
            )
        for address in allowed[:-1]:
            try:
                return TolerantStream(
                    await self._inner.connect_tcp(
                        str(address), port, timeout or PATIENCE, local_address, socket_options
                    )
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return TolerantStream(
            await self._inner.connect_tcp(
                str(allowed[-1]), port, timeout, local_address, socket_options
            )
        )

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109 - the signature is the client's
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises SourceError: sources are on the web."""
        raise SourceError(f"{path} is a local socket, which is not fetched")

    async def sleep(self, seconds: float) -> None:
        """Wait, as the client does between its attempts."""
        await asyncio.sleep(seconds)


def _entry(address: Address, port: int) -> str:
    """The entry of `allow_private` that allows one address at one port."""
    return f"[{address}]:{port}" if isinstance(address, IPv6Address) else f"{address}:{port}"


async def _resolve(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(
            f"there is no host {host}: {error}", fix="check the address of the source"
        ) from error
    # A link-local address comes with its zone ("fe80::1%eth0"), which does not matter here.
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    return list(dict.fromkeys(addresses))
