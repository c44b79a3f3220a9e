"""Which hosts a request may be for. A page of another site can reach us under a name of its own.

By DNS rebinding, a stranger's name may point to this machine; then a browser here takes our pages
for the stranger's. An address, or a name without a dot, cannot be a stranger's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import urlsplit

_HOST = re.compile(r"(?:[^\x00-\x20\x7f%\\/?#@<>^|\[\]:]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
"""What the Host header of a browser looks like: a name or an address, and perhaps a port."""


def allowed_hosts(url: str, others: Iterable[str]) -> frozenset[str]:
    """The names under which the site is reached: that of its `url`, and `others`."""
    return frozenset(_ascii(name) for name in (urlsplit(url).hostname or "", *others))


def is_allowed(host: str, allowed: frozenset[str]) -> bool:
    """Whether a request with this Host header is for us; "" is a request of HTTP/1.0 without one."""
    if _HOST.fullmatch(host) is None:  # browsers may take another part of it for the name
        return False
    try:
        name = _ascii(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False
    return name in allowed or "." not in name.rstrip(".") or is_address(name)


def is_loopback(host: str) -> bool:
    """Whether a Host header names this machine itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name == "localhost" or (is_address(name) and ip_address(name).is_loopback)


def is_address(name: str) -> bool:
    """Whether it is an IP address, without brackets."""
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _ascii(name: str) -> str:
    """The name as Host headers have it: lower-case, in ASCII, without a final dot."""
    try:
        return name.encode("idna").decode("ascii").casefold().rstrip(".")
    except UnicodeError:
        return name.casefold().rstrip(".")
