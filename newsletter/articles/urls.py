"""Web addresses: makes them absolute, and gives each its canonical spelling."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote, unquote, urljoin, urlsplit, urlunsplit

TRACKING = re.compile(
    r"(?:utm_.*|mtm_.*|pk_.*|hsa_.*|_hs\w+|mc_[ce]id|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid"
    r"|twclid|ttclid|li_fat_id|igshid|igsh|mkt_tok|oly_anon_id|oly_enc_id|vero_id|vero_conv|wickedid"
    r"|ns_campaign|ns_mchannel|ns_source|ns_linkname|ito|cmpid|guccounter|guce_\w+|_ga|_gl|s_cid"
    r"|rb_clickid|at_medium|at_campaign|at_custom\d*|__twitter_impression)\Z",
    re.IGNORECASE,
)
"""Parameters that say where a reader came from, not what the page shows."""

_NO_PLACE = re.compile(
    r"(?:comments?|respond|disqus_thread|top|main|content|more(?:-\d+)?|rss|atom|feed|!|:~:.*"
    r"|xtor=.*|ref=.*|intcid=.*)?\Z",
    re.IGNORECASE,
)
"""Fragments that do not identify an entry: parts of pages, text directives, tracking."""

MAX_LENGTH = 2000
MAX_PORT = 65535
_USUAL = re.compile(
    r"(https?)://([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?)+)"
    r"((?:/[^\x00-\x20\x7f\\?#]*+)?)(?:\?([^\x00-\x20\x7f\\#]*+))?(?:#([^\x00-\x20\x7f\\]*+))?"
)
"""An address as nearly all are written; its parts need no closer look."""
_HOST = re.compile(r"[^\x00-\x20\x7f%\\/?#@<>^|]+")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")


def is_web_address(text: str) -> bool:
    """Whether `text` is an absolute http or https address with a host."""
    return _parts(text) is not None


@lru_cache(maxsize=4096)
def absolute_url(base: str, reference: str) -> str:
    """`reference` resolved against `base` (RFC 3986 section 5), or "" if the result is not a web address."""
    reference = reference.strip()
    if _USUAL.fullmatch(reference) and len(reference) <= MAX_LENGTH and "#" not in reference:
        return reference.removesuffix("?")
    try:
        joined = urljoin(base, reference)
    except ValueError:
        return ""
    return joined if is_web_address(joined) else ""


def canonical_url(url: str) -> str:
    """The canonical spelling of a web address; "" for other text. Idempotent.

    Scheme and host in lower case and ASCII (IDNA), without user, default port and tracking
    parameters; percent-escapes normalised (RFC 3986 section 6.2.2). The order of the remaining
    parameters, a trailing slash and a fragment that names a text stay, because pages may differ in them.
    """
    parts = _parts(url)
    if parts is None:
        return ""
    scheme, host, port, path, query, fragment = parts
    kept = [pair for pair in query.split("&") if pair and not _is_tracking(pair)]
    netloc = host if port is None else f"{host}:{port}"
    place = _normal_escapes(fragment)
    if _NO_PLACE.match(place) or any(map(_is_tracking, place.split("&"))):
        place = ""
    canonical = urlunsplit(
        (scheme, netloc, _normal_escapes(path or "/"), _normal_escapes("&".join(kept)), place)
    )
    return canonical if len(canonical) <= MAX_LENGTH else ""


def _is_tracking(pair: str) -> bool:
    return TRACKING.match(unquote(pair.partition("=")[0])) is not None


@lru_cache(maxsize=4096)
def _parts(text: str) -> tuple[str, str, int | None, str, str, str] | None:
    """Scheme, ASCII host, port unless default, path, query, fragment; None for other text."""
    text = text.strip()
    if len(text) > MAX_LENGTH or text[:4].lower() != "http":
        return None
    usual = _USUAL.fullmatch(text)
    if usual and "xn--" not in usual[2]:
        scheme, host, path, query, fragment = usual.groups(default="")
        return scheme, host, None, path, query, fragment
    import httpx2  # It is slow to load, and most commands read no addresses.

    try:
        split = urlsplit(_UNSAFE.sub(lambda match: quote(match[0]), text))
        url = httpx2.URL(f"{split.scheme}://{split.netloc.rpartition('@')[2]}")
        port = url.port
    except (ValueError, httpx2.InvalidURL, UnicodeError):
        return None
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    # Browsers decode "%65vil.example.org", so it would be another host for them than for us.
    if url.scheme not in ("http", "https") or not _HOST.fullmatch(host) or (port or 0) > MAX_PORT:
        return None
    if ":" in host:
        host = f"[{host}]"
    return url.scheme, host, port, split.path, split.query, split.fragment


def _normal_escapes(text: str) -> str:
    """Write escapes in capitals, decode those that are not needed, and escape everything else."""

    def plain(match: re.Match[str]) -> str:
        letter = unquote(match[0], errors="replace")
        return letter if _UNRESERVED.fullmatch(letter) else match[0].upper()

    escaped = quote(text.encode("utf-8", "replace"), safe="/%:@!$&'()*+,;=-._~?[]|^")
    return _ESCAPE.sub(plain, re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", escaped))
