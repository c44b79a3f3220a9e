"""The ids of entries that are unique in the whole world, so that several feeds may show them. Pure.

Section feeds of one site and aggregators ("planets") keep the ids of the entries that they repeat,
often with another title or link.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from newsletter.articles.identity.addresses import address_key, names_a_page

PAGE = "page "
_UUID = re.compile(
    r"(?:urn:)?(?:uuid:)?\{?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}?", re.IGNORECASE
)
_TAG = re.compile(r"tag:[\w.@-]+,\d{4}(?:-\d\d){0,2}:\S+", re.IGNORECASE)
"""RFC 4151: an authority, a date on which it was theirs, and what the authority made unique."""


def global_id(text: str) -> str:
    """The id as a key, if no other entry in the world should have it; "" for other ids.

    These are UUIDs (RFC 9562), tag URIs (RFC 4151), and addresses of pages on public hosts.
    The key of an address begins with `PAGE`.
    """
    if match := _UUID.fullmatch(text.strip()):
        uuid = match[1].lower()
        return f"uuid {uuid}" if len(set(uuid)) > 2 else ""  # not the nil UUID
    if match := _TAG.fullmatch(text.strip()):
        return f"tag {match[0]}"
    if not re.match(r"https?://", text, re.IGNORECASE) or not _is_public(text):
        return ""
    key = address_key(text)
    return f"{PAGE}{key}" if names_a_page(key) else ""


def _is_public(address: str) -> bool:
    """Whether the host is one of the public Internet: not that of a copy on the author's machine."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return False
    private = host.endswith((".local", ".localhost", ".internal", ".lan"))
    return "." in host and not private and not re.fullmatch(r"[\d.]+", host)
