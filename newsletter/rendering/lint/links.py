"""Do links lead somewhere?"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.rendering.edition import Slot
from newsletter.rendering.lint.document import Document, finding
from newsletter.rendering.lint.finding import Finding
from newsletter.rendering.slots import sentinel


def check_links(document: Document, nonce: str) -> Iterator[Finding]:
    """Every address is a slot, mailto:, or http(s) with a host and no white space."""
    slots = {sentinel(slot, nonce) for slot in Slot}
    for attribute in ("href", "src"):
        for element in document.elements("a", "img", "area"):
            address = element.get(attribute)
            if address is not None and address not in slots and not _sound(address, attribute):
                fix = f"correct the address {address[:80]!r}; it begins with https:// and names a host"
                yield finding(element, "address", "blocking", who="every reader", fix=fix)


def _sound(address: str, attribute: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if parts.scheme == "mailto":
        return attribute == "href" and "@" in parts.path
    return parts.scheme in ("http", "https") and bool(host) and not set(address) & set(' \t\n<>"')
