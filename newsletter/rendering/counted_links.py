"""Counted links: on a site that counts clicks, an edition's links go through the site.

A counted link identifies its issue and target but no reader: all readers get the same one. It
cannot be altered to lead elsewhere, because the site stores the target of each.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from html import escape, unescape

_TOKEN_LETTERS = 20
TOKEN = re.compile(rf"[0-9a-f]{{{_TOKEN_LETTERS}}}\Z")
"""The form of a token; nothing else needs a database lookup."""

# A link whose text is a URL must lead there, because filters treat anything else as phishing.
_LINK = re.compile(r'(<a\b[^>]*?\shref=")(https?://[^"]+)("[^>]*>)(?!\s*(?:https?://|www\.))')
_SHOWN = re.compile(r'<a\b[^>]*?\shref="(https?://[^"]+)"[^>]*>\s*(?:https?://|www\.)')


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedLink:
    """`address` replaces `url` in the mail; `token` is its last part."""

    token: str
    address: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """How an issue's links are counted. `base` is the start of every counted address.

    `key` is the issue's secret; links to addresses in `uncounted` stay direct.
    """

    base: str
    key: str
    uncounted: Collection[str] = ()

    def link(self, url: str) -> CountedLink:
        """The counted link that leads to `url`."""
        digest = hmac.new(self.key.encode(), url.encode(), hashlib.sha256).hexdigest()
        token = digest[:_TOKEN_LETTERS]
        return CountedLink(token=token, address=f"{self.base}/{token}", url=url)

    def counted(self, html: str) -> str:
        """The HTML with its links replaced by counted ones."""
        return _LINK.sub(self._replaced, html)

    def beside(self, html: str) -> Counting:
        """How to count in an edition with this HTML: an address that it shows is direct everywhere."""
        shown = {unescape(match[1]) for match in _SHOWN.finditer(html)}
        return replace(self, uncounted={*self.uncounted, *shown}) if shown else self

    def address(self, url: str) -> str:
        """The address that replaces `url` in the mail."""
        return url if url in self.uncounted else self.link(url).address

    def links(self, html: str, noted: Collection[str]) -> tuple[CountedLink, ...]:
        """The links that `counted` replaces in the HTML, and those to the addresses in `noted`."""
        found = [unescape(match[2]) for match in _LINK.finditer(html)]
        distinct = dict.fromkeys([*found, *noted])
        return tuple(self.link(url) for url in distinct if url not in self.uncounted)

    def _replaced(self, match: re.Match[str]) -> str:
        return f"{match[1]}{escape(self.address(unescape(match[2])))}{match[3]}"


def with_direct_links(text: str, links: Collection[CountedLink], *, in_html: bool) -> str:
    """The text with every counted link replaced by its target."""
    for link in links:
        text = text.replace(link.address, escape(link.url) if in_html else link.url)
    return text
