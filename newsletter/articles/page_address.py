"""Which address a page has: the one it states for itself, where that can be believed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from newsletter.articles.urls import absolute_url, canonical_url

_COPY_OF_PAGE = re.compile(
    r"amp|amp\.html|print|drucken|all|full|comments?|page|seite|p?\d{1,3}|single|index\.\w{2,5}",
    re.IGNORECASE,
)
"""The end of a path at which the same article is shown in another form."""
_CACHE = re.compile(
    r"(?:.*\.)?(?:ampproject\.org|bing-amp\.com|googleusercontent\.com)\Z|www\.google\."
)


def stated_address(url: str, stated: Iterable[str]) -> str:
    """The first of the addresses that the page states for itself that can be believed, else `url`.

    Not believed are a front page or a section, which some sites wrongly state on every page, and an
    address of another site, which would turn the story into another one. A copy in an AMP cache is
    the exception: its own address is that of the publisher. A saved page without an address is
    believed in full.
    """
    for reference in stated:
        own = absolute_url(url, reference) if reference else ""
        if canonical_url(own) and _names_an_article(own) and _may_be_of(url, own):
            return own
    return url


def site_of(url: str) -> str:
    """The registrable domain of an address: times.example.co.uk is example.co.uk."""
    from tld import get_fld  # It reads the public suffix list, so only reading a page loads it.

    host = (urlsplit(url).hostname or "").casefold()
    domain = get_fld(host, fail_silently=True, fix_protocol=True) if host else None
    return domain or ".".join(host.split(".")[-2:])


def _names_an_article(url: str) -> bool:
    parts = urlsplit(canonical_url(url))
    return bool(parts.query) or parts.path.strip("/") != ""


def _may_be_of(url: str, own: str) -> bool:
    if not url:
        return True
    here, there = urlsplit(url), urlsplit(own)
    if _CACHE.match(here.hostname or ""):
        return True
    if here.hostname != there.hostname and site_of(url) != site_of(own):
        return False
    longer, shorter = here.path.rstrip("/"), there.path.rstrip("/")
    if here.query or there.query or not longer.startswith(shorter + "/"):
        return True
    dropped = longer[len(shorter) + 1 :].split("/")
    return all(_COPY_OF_PAGE.fullmatch(part) for part in dropped)
