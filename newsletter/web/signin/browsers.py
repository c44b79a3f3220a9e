"""A browser's name in a few words, and the network that a request comes from."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv6Address, ip_address, ip_network

from starlette.requests import Request

from newsletter.store.attempt_limits import AttemptLimit

WIDER = 10
"""How many times the limit of a network is that of the /48 around it: one customer may have that many /64."""

# The order matters: Edge also claims to be Chrome, and Chrome to be Safari.
_BROWSERS = {"Edg": "Edge", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def browser_name(user_agent: str) -> str:
    """A name such as `Firefox on Windows`: enough for its owner to recognise; no more is kept."""
    browser = next((name for mark, name in _BROWSERS.items() if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in _SYSTEMS.items() if mark in user_agent), "")
    return " on ".join(part for part in (browser or "A browser", system) if part)


def network_of(request: Request) -> str:
    """The caller's network: /24 for IPv4, /64 for IPv6, which is often one customer's."""
    host = request.client.host if request.client is not None else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return str(ip_network((address, 64 if isinstance(address, IPv6Address) else 24), strict=False))


def network_limits(request: Request, name: str, limit: AttemptLimit) -> dict[str, AttemptLimit]:
    """The limit for the caller's network, and a wider one for the /48 that it is in, if it is IPv6."""
    network = network_of(request)
    limits = {f"{name} {network}": limit}
    if network.endswith("/64"):
        around = ip_network(network).supernet(new_prefix=48)
        limits[f"{name} {around}"] = replace(limit, most=WIDER * limit.most)
    return limits
