"""The addresses under which this site serves strangers' pictures to its own pages. Pure.

A page that names a picture at its publisher tells the publisher, or whoever a feed names, who
looks at it. So our pages name an address here. It is signed, so that we fetch only pictures that
stand in our pages, and needs no cookie, because the frames that issues are shown in send none.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape, unescape
from urllib.parse import quote

PATH = "/pictures"
PREVIEW_PATH = f"{PATH}/preview"
STILL_PATH = f"{PATH}/still"
POLICY = "img-src 'self' data:"
"""The part of a page's Content-Security-Policy about its pictures."""

# As MRML, premailer and the sanitiser write it: each value in double quotes, which may contain ">".
_PICTURE = re.compile(r'<img(?:\s+[^\s<>"=/]+(?:="[^"]*")?)+\s*/?>')
_SOURCE = re.compile(r'(\ssrc=")(https?://[^"]+)"', re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class PictureAddresses:
    """Makes and checks the addresses. `sign` is keyed by the site's secret; `base` is its path.

    `former` are keyed by the secrets before it: sent mails hold addresses that these have signed.
    """

    sign: Callable[[str], str]
    base: str
    former: Sequence[Callable[[str], str]] = ()
    kept: str = ""  # what the addresses of kept pictures begin with, of hosted_pictures.py

    def address(self, url: str) -> str:
        """Where this site serves the picture at `url`, as browsers ask for it; "" for ""."""
        if not url:
            return ""
        if self.kept and url.startswith(f"{self.kept}{PATH}/"):
            return f"{self.base}{url.removeprefix(self.kept)}"
        return f"{self.base}{PATH}/{self._signature(url)}?of={quote(url, safe='')}"

    def of_preview(self, url: str) -> str:
        """Below the site's address, where the picture at `url` is in the shape of link previews."""
        return f"{PREVIEW_PATH}/{self._signature(url)}?of={quote(url, safe='')}"

    def of_still(self, url: str) -> str:
        """Below the site's address, where the first frame of the animation at `url` is."""
        return f"{STILL_PATH}/{self._signature(url)}?of={quote(url, safe='')}"

    def has_signed(self, signature: str, url: str) -> bool:
        """Whether the address is one of ours."""
        return any(
            hmac.compare_digest(signature.encode(), sign(_purpose(url)).encode())
            for sign in (self.sign, *self.former)
        )

    def in_html(self, html: str) -> str:
        """The HTML whose pictures come from here; nothing else in it changes."""
        return with_pictures(html, self.address)

    def _signature(self, url: str) -> str:
        return self.sign(_purpose(url))


def pictures_in(html: str) -> list[str]:
    """The web addresses of the pictures in the HTML, in their order."""
    sources = (_SOURCE.search(picture[0]) for picture in _PICTURE.finditer(html))
    return [unescape(source[2]) for source in sources if source]


def with_pictures(html: str, address: Callable[[str], str]) -> str:
    """The HTML with another address for each picture; nothing else in it changes."""

    def replaced(match: re.Match[str]) -> str:
        return f'{match[1]}{escape(address(unescape(match[2])))}"'

    return _PICTURE.sub(lambda picture: _SOURCE.sub(replaced, picture[0], count=1), html)


def _purpose(url: str) -> str:
    return f"picture {url}"
