"""Which proxies are trusted to say where a request comes from: the variable FORWARDED_ALLOW_IPS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

from newsletter.errors import ConfigurationError, Problem

VARIABLE = "FORWARDED_ALLOW_IPS"
LOOPBACK = "127.0.0.0/8,::1"
"""The proxies that are trusted unless the variable names others: those on this machine."""

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, kw_only=True, slots=True)
class TrustedProxies:
    """The networks of proxies; `every` trusts any client that connects ("*").

    `hops` is how many proxies stand one behind another, if that is known.
    """

    networks: Sequence[IPv4Network | IPv6Network] = ()
    every: bool = False
    hops: int | None = None

    @property
    def most_hops(self) -> int | None:
        """The most hops that are believed; if everybody is trusted, only the nearest proxy is ours."""
        return 1 if self.every and self.hops is None else self.hops

    def trusts(self, host: str) -> bool:
        """Whether what `host` says is believed; "" is a Unix socket, which only this machine reaches."""
        address = _read_hop(host)
        if self.every or host == "":
            return True
        return address is not None and any(address in network for network in self.networks)


def trusted_proxies(environment: Mapping[str, str], hops: int | None = None) -> TrustedProxies:
    """Read the variable; `hops` is the setting `web.trusted_hops`. Raises ConfigurationError for what is not an address or a network."""
    text = environment.get(VARIABLE, LOOPBACK)
    if text.strip() == "*":
        return TrustedProxies(every=True, hops=hops)
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    try:
        networks = [ip_network(entry, strict=False) for entry in entries]
    except ValueError as error:
        problem = Problem(
            message=f"{VARIABLE} has {error}",
            field=VARIABLE,
            fix="write the addresses or networks of your proxies, such as 127.0.0.1,10.0.0.0/8",
        )
        raise ConfigurationError([problem]) from error
    return TrustedProxies(networks=networks, hops=hops)


def client_address(peer: str, hops: Sequence[str], trusted: TrustedProxies) -> str:
    """Where a request comes from: the last hop that no trusted proxy has.

    `peer` is the address that connected to us, `hops` the entries of X-Forwarded-For. Each proxy
    appends the address that it saw, so only what trusted proxies wrote is believed, from the right.
    A hop that is not an address ends the search at the proxy that wrote it. Where the number of
    proxies is known, that many hops are believed, whatever addresses they have.
    """
    client, most = peer, trusted.most_hops
    for believed, hop in enumerate(reversed(hops)):
        is_ours = trusted.trusts(client) if most is None or not believed else believed < most
        if not is_ours:
            break
        address = _read_hop(hop)
        if address is None:
            break
        client = str(address)
    return client


def _read_hop(hop: str) -> Address | None:
    """The address in an entry such as `192.0.2.1`, `192.0.2.1:5000` or `[2001:db8::1]:5000`."""
    host = hop.strip().strip('"')
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
