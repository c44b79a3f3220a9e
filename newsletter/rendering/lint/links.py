"""Checks that links are valid, safe and not repeated."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from newsletter.articles.urls import TRACKING
from newsletter.rendering.edition import Slot
from newsletter.rendering.lint.document import Document, finding, words_of
from newsletter.rendering.lint.finding import LintFinding
from newsletter.rendering.slots import sentinel

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_PRIVATE = (
    ".localhost", ".local", ".localdomain", ".internal", ".intranet", ".lan", ".corp", ".home",
    ".home.arpa", ".test", ".invalid",
)  # fmt: skip


def check_links(document: Document, nonce: str, site_url: str) -> Iterator[LintFinding]:
    """Check that each address is a slot, mailto:, or http(s) with a host that readers can reach.

    A site on this machine, at `site_url`, may link to private hosts.
    """
    slots = {sentinel(slot, nonce) for slot in Slot}
    is_local_site = _is_private(urlsplit(site_url).hostname or "")
    for attribute in ("href", "src"):
        for element in document.elements("a", "img", "area"):
            address = element.get(attribute)
            if address is None and attribute == "href" and element.tag == "a":
                yield from _empty_link(element)
            if address is None or address in slots:
                continue
            if not _is_valid(address, attribute):
                fix = f"correct the address {address[:80]!r}: it must start with https:// and name a host"
                yield finding(element, "address", "blocking", who="every reader", fix=fix)
            else:
                yield from _risks(element, address)
                if not is_local_site and _is_private(urlsplit(address).hostname or ""):
                    fix = "use an address that readers can reach"
                    yield finding(element, "local-link", "warning", who="every reader", fix=fix)
    yield from _repeated(document)


def _is_valid(address: str, attribute: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return attribute == "href" and "@" in parts.path
    return parts.scheme in ("http", "https") and bool(host) and not set(address) & set(' \t\n<>"')


def _risks(element: Any, address: str) -> Iterator[LintFinding]:
    parts = urlsplit(address)
    if parts.scheme == "http" and not _on_this_machine(parts.hostname or ""):
        fix = "use https, if the site supports it"
        who = "readers on open networks; clients that show pictures only over https"
        yield finding(element, "https", "warning", who=who, fix=fix)
    names = [name for name, _value in parse_qsl(parts.query, keep_blank_values=True)]
    if tracked := [name for name in names if TRACKING.match(name)]:
        fix = f"remove {', '.join(tracked)} from the address"
        yield finding(element, "tracking", "warning", who="readers, who are tracked", fix=fix)


def _empty_link(element: Any) -> Iterator[LintFinding]:
    """An <a> without href is a link whose address was lost, unless it is the target of one."""
    if words_of(element) and not element.get("name") and not element.get("id"):
        fix = "give the link an address, or remove it"
        yield finding(element, "address", "warning", who="every reader", fix=fix)


def _is_private(host: str) -> bool:
    """Whether only machines of one network know the host (RFC 1918, RFC 6761, RFC 6762, RFC 8375)."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return bool(host) and ("." not in host or host.endswith(_PRIVATE))


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _repeated(document: Document) -> Iterator[LintFinding]:
    """Find stories that appear under two headlines."""
    headlines: dict[str, str] = {}
    for link in document.elements("a"):
        address, words = link.get("href") or "", words_of(link)
        in_heading = any(parent.tag in _HEADINGS for parent in link.iterancestors())
        if in_heading and headlines.setdefault(address, words) != words:
            fix = f"remove one of them: {headlines[address][:60]!r} leads to the same page"
            yield finding(link, "duplicate-link", "warning", who="every reader", fix=fix)
