"""Finds the addresses that are written inside other addresses: of filters for mail, and of trackers. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, unquote, urlsplit

from newsletter.articles.urls import is_web_address

DEEPEST = 4
"""How many wrappers around one address are taken off: a forwarded mail passed several filters."""

_BY_PARAMETER = {
    "safelinks.protection.outlook.com": ("url",),
    "linkprotect.cudasvc.com": ("a",),
    "google.com/url": ("url", "q"),
    "l.facebook.com": ("u",),
    "lm.facebook.com": ("u",),
    "out.reddit.com": ("url",),
    "linkedin.com/safety/go": ("url",),
    "slack-redir.net": ("url",),
    "steamcommunity.com/linkfilter": ("url", "u"),
}
"""The parameter in which an address stands, by the end of the host or by host and path."""
_PROOFPOINT = re.compile(r"https?://urldefense\.(?:proofpoint\.)?com/v3/__(.+?)__;", re.IGNORECASE)
_OLD_PROOFPOINT = re.compile(r"https?://urldefense\.proofpoint\.com/v[12]/url\?", re.IGNORECASE)
_ONE_SLASH = re.compile(r"\A(https?:)/{1,2}", re.IGNORECASE)
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


def unwrapped(link: str) -> str:
    """The address that the filters of mail servers wrapped in one of their own; else the link itself."""
    link = link.strip()
    for _ in range(DEEPEST):
        inner = _inside(link)
        if not is_web_address(inner):
            return link
        link = inner
    return link


def _inside(link: str) -> str:
    """The address inside a known wrapper; "" without one, or if more is encoded than can be undone."""
    if found := _PROOFPOINT.match(link):
        inner = found[1]
        return "" if "*" in inner else _ONE_SLASH.sub(r"\1//", inner)
    try:
        parts = urlsplit(link)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    if _OLD_PROOFPOINT.match(link):
        written = parse_qs(parts.query).get("u", [""])[0]
        return unquote(re.sub("-(?=[0-9A-Fa-f]{2})", "%", written.replace("_", "/")))
    for place, names in _BY_PARAMETER.items():
        is_host = "/" not in place and (host == place or host.endswith(f".{place}"))
        if is_host or f"{host}{parts.path}".rstrip("/") == place:
            values = parse_qs(parts.query)
            return next((values[name][0] for name in names if name in values), "")
    return ""


def hidden_texts(link: str) -> Iterator[str]:
    """What stands in the address encoded as base64, as many trackers write where they lead and for whom."""
    for piece in _ENCODED.findall(unquote(unquote(link))):
        for part in (piece, *piece.split("/"), *piece.split("_"), *piece.split("-")):
            if text := _decoded(part):
                yield text


def _decoded(piece: str) -> str:
    """The readable text that the piece encodes; "" if it encodes none."""
    bare = piece.rstrip("=").translate(str.maketrans("-_", "+/"))
    if len(bare) < 12 or len(bare) % 4 == 1:
        return ""
    try:
        text = base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return text if text.isprintable() else ""
