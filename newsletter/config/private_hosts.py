"""Entries of `allow_private`: a host, an address or a network, with or without a port."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated

from pydantic import AfterValidator


@dataclass(frozen=True, kw_only=True, slots=True)
class PrivateHost:
    """What one entry allows: a host's name or a network, at one port or (None) at all."""

    host: str = ""
    network: IPv4Network | IPv6Network | None = None
    port: int | None = None


def parse_private_host(entry: str) -> PrivateHost:
    """Read `intranet.test`, `127.0.0.1:8080`, `[::1]:8080`, `10.0.0.0/8`; raises ValueError."""
    match = re.fullmatch(r"\[([^\]]+)\](?::(\d+))?|([^:]+):(\d+)", entry)
    place = (match[1] or match[3]) if match else entry
    port = int(match[2] or match[4] or 0) if match else 0
    if port > 65535 or (match and not port and "]:" in entry):
        raise ValueError(f"{entry!r} has no valid port; use 1 to 65535")
    try:
        return PrivateHost(network=ip_network(place, strict=False), port=port or None)
    except ValueError:
        if "/" in place or ":" in place or re.fullmatch(r"[\d.]+", place):
            raise
    return PrivateHost(host=place.lower().rstrip("."), port=port or None)


def _checked(entry: str) -> str:
    parse_private_host(entry)
    return entry


PrivateHosts = tuple[Annotated[str, AfterValidator(_checked)], ...]
"""Entries of `allow_private`, which are hosts, addresses or networks."""
