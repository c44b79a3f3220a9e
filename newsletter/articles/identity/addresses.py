"""Keys of web addresses, which identify a page whichever way a reader reached it."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from newsletter.articles.urls import canonical_url

_INDEX = re.compile(
    r"/(?:index|default|home)\.(?:html?|php\d?|aspx?|jsp|cfm|shtml)\Z", re.IGNORECASE
)
_SESSION = re.compile(
    r"(?:sid|sess|session|session_?id|phpsessid|jsessionid|aspsessionid\w*|asp\.net_sessionid"
    r"|cfid|cftoken|zenid|oscsid|osclid|visitor_?id|_ts?|timestamp|rnd|rand|random|nocache"
    r"|cache_?bust(?:er)?|amp|outputtype|partner|smid|smtyp|ref|ref_?src|referr?er|xtor)\Z",
    re.IGNORECASE,
)
"""Parameters that change from visit to visit, or say where a reader came from."""
_CHANNEL = re.compile(
    r"(?:source|src|from|via|feed|origin|output|type|campaign)="
    r"(?:rss|atom|feeds?|newsletter|e?mail|twitter|facebook|social|homepage|amp|1)(?:[-_.].*)?\Z",
    re.IGNORECASE,
)
"""Such parameters that depend on their value: `?source=rss`, but not `?source=8`."""
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_HOST_PREFIX = re.compile(r"(?:www\d?|m|mobile|amp)\.(?=[^.]+\.)", re.IGNORECASE)


def address_key(url: str) -> str:
    """The key that identifies the page at `url`; "" if `url` is not a web address.

    Two spellings of one page have one key: the scheme, `www.`, a mobile host, a default index
    name, session, tracking and referral parameters, their order and a trailing slash do not
    count. A fragment counts, because it distinguishes the entries of release notes.
    """
    canonical = canonical_url(url)
    if not canonical:
        return ""
    parts = urlsplit(canonical)
    host = _HOST_PREFIX.sub("", parts.netloc.removesuffix(":80").removesuffix(":443"), count=1)
    path = _SESSION_IN_PATH.sub("", parts.path)
    path = _INDEX.sub("/", path)
    path = re.sub(r"/amp/?\Z", "/", path).rstrip("/")
    kept = sorted(pair for pair in parts.query.split("&") if pair and not _is_session(pair))
    query = f"?{'&'.join(kept)}" if kept else ""
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    return f"{host}{path}{query}{fragment}"


def names_a_page(key: str) -> bool:
    """Whether an address key names more than a site's front page, which many entries share."""
    return any(sign in key for sign in "/?#")


@lru_cache(maxsize=4096)
def location_key(location: str) -> str:
    """The key of a source's location: its address key, or its path as configured."""
    return address_key(location) or location.strip().rstrip("/")


def _is_session(pair: str) -> bool:
    pair = unquote(pair)
    return bool(_SESSION.match(pair.partition("=")[0]) or _CHANNEL.match(pair))
