"""What the proxy in front of the site passes on, judged by what the server saw of a request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from newsletter.pipeline.doctor.mail_domain import Diagnosis, Grade

FORGED = "192.0.2.66"
"""The address that the request claims to come from; nobody has it (RFC 5737)."""

HEADERS = {"X-Forwarded-For": FORGED}


def judge_proxy(url: str, seen: Mapping[str, Any]) -> Iterator[Diagnosis]:
    """Judge a request to `url` with HEADERS; `seen` is the answer of /health/request."""
    wanted = urlsplit(url)
    if _host(f"//{seen.get('host')}") != _host(url):
        yield _finding(
            Grade.FAILURE,
            f"the proxy passes the host {seen.get('host')!r} instead of {_host(url)!r}: "
            "the desk refuses its editors' forms",
            "let the proxy pass Host; nginx: proxy_set_header Host $host;",
        )
    if seen.get("scheme") != wanted.scheme:
        yield _finding(
            Grade.WARNING,
            f"the server takes requests for {seen.get('scheme')}, not {wanted.scheme}",
            "let the proxy pass X-Forwarded-Proto; nginx: proxy_set_header X-Forwarded-Proto $scheme;",
        )
    hops = [hop.strip() for hop in str(seen.get("forwarded", "")).split(",") if hop.strip()]
    if not hops:
        yield _finding(
            Grade.WARNING,
            "the proxy does not say where requests come from: all readers share its limits, and "
            "consent is recorded with its address",
            "let the proxy pass X-Forwarded-For; nginx: proxy_set_header X-Forwarded-For $remote_addr;",
        )
    elif seen.get("client") == FORGED and not _is_loopback(
        hops[-1] if hops[1:] else wanted.hostname
    ):
        yield _finding(
            Grade.FAILURE,
            "anybody can forge the address in consent records and limits: X-Forwarded-For is "
            "believed although a stranger wrote it",
            "let the proxy set or append the address that it sees, and name your proxies' "
            "addresses in FORWARDED_ALLOW_IPS",
        )


def _host(url: str) -> str:
    """The host and port in a URL as a Host header has them: in ASCII, without a default port."""
    try:
        parts = urlsplit(url)
        name, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:  # a wrong port, or a name that cannot be in ASCII
        return url
    return name if port in (None, 80, 443) else f"{name}:{port}"


def _is_loopback(host: str | None) -> bool:
    """Whether the request came from this machine, whose word may be believed."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _finding(grade: Grade, message: str, fix: str) -> Diagnosis:
    return Diagnosis(check="proxy", grade=grade, message=message, fix=fix)
