"""Only public addresses are connected to, unless the site allows more."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from newsletter.articles.ssrf_guard import GuardedBackend, Permissions, is_public
from newsletter.errors import SourceError

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.8",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    """Loopback, private, link-local, reserved and multicast addresses, in every disguise of IPv6."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_addresses_pass(address: str) -> None:
    """Addresses of the public internet are let through."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
        ("127.0.0.0/8", "feeds.test", "127.0.0.9"),
        ("10.0.0.0/8", "feeds.test", "::ffff:10.0.0.1"),
        ("Intranet.test", "intranet.test.", "10.0.0.1"),
        ("fd00::/8", "feeds.test", "fd00::1"),
    ],
)
def test_the_site_lets_named_hosts_and_networks_through(
    entry: str, host: str, address: str
) -> None:
    """allow_private takes hosts, addresses and networks, and nothing beside them."""
    permissions = Permissions([entry])
    assert permissions.allow(host, ip_address(address), 80)
    assert not permissions.allow("other.test", ip_address("192.168.0.1"), 80)


@pytest.mark.parametrize(
    ("entry", "host", "address"),
    [
        ("127.0.0.1:8080", "127.0.0.1", "127.0.0.1"),
        ("[::1]:8080", "::1", "::1"),
        ("Intranet.test:8080", "intranet.test.", "10.0.0.1"),
        ("10.0.0.0/8:8080", "feeds.test", "10.1.1.1"),
    ],
)
def test_an_entry_with_a_port_lets_that_port_through(entry: str, host: str, address: str) -> None:
    """An entry with a port says nothing about the other services of that host."""
    permissions = Permissions([entry])
    assert permissions.allow(host, ip_address(address), 8080)
    assert not permissions.allow(host, ip_address(address), 5432)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "::1"])
async def test_the_address_connected_to_is_the_address_judged(host: str) -> None:
    """However loopback is spelled, the connection itself is refused before it is made."""
    with pytest.raises(SourceError, match="private address"):
        await GuardedBackend(Permissions([])).connect_tcp(host, 80)


async def test_an_unknown_host_is_named() -> None:
    """A name without an address is an error that names it."""
    with pytest.raises(SourceError, match=r"no host nowhere\.invalid"):
        await GuardedBackend(Permissions([])).connect_tcp("nowhere.invalid", 80)
