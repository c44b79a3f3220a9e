"""Counted links: where a site counts clicks, an edition's links lead by way of it.

A counted link names its issue and where it leads, and nobody: all readers get the same one.
Nothing in it can be changed to lead elsewhere, for the site keeps where each leads.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape, unescape

_TOKEN_LETTERS = 20
TOKEN = re.compile(rf"[0-9a-f]{{{_TOKEN_LETTERS}}}\Z")
"""What a token looks like; a database need not be asked about anything else."""

# A link whose words are an address must lead where it says: filters take anything else for phishing.
_LINK = re.compile(r'(<a\b[^>]*?\shref=")(https?://[^"]+)("[^>]*>)(?!\s*(?:https?://|www\.))')


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedLink:
    """`address` stands in the mail in place of `url`; `token` is its last part."""

    token: str
    address: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Counting:
    """How an issue's links are counted: `base` is what their addresses begin with.

    `key` is the issue's own secret; the addresses in `uncounted` stay as they are.
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
        """The HTML with its links led by way of the site."""
        return _LINK.sub(self._replaced, html)

    def address(self, url: str) -> str:
        """What stands in the mail for `url`."""
        return url if url in self.uncounted else self.link(url).address

    def links(self, html: str, noted: Collection[str]) -> tuple[CountedLink, ...]:
        """The links that `counted` replaces in the HTML, and those to addresses `noted` elsewhere."""
        found = [unescape(match[2]) for match in _LINK.finditer(html)]
        distinct = dict.fromkeys([*found, *noted])
        return tuple(self.link(url) for url in distinct if url not in self.uncounted)

    def _replaced(self, match: re.Match[str]) -> str:
        return f"{match[1]}{escape(self.address(unescape(match[2])))}{match[3]}"


def straight(text: str, links: Collection[CountedLink], *, in_html: bool) -> str:
    """The text with every counted link replaced by where it leads."""
    for link in links:
        text = text.replace(link.address, escape(link.url) if in_html else link.url)
    return text
