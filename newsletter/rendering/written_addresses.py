"""Makes the addresses in a mail an even number, counted as often as its two parts write them. Pure.

Filters take a text part that says the same as the HTML for a sign of an honest mail, and rspamd
infers that from an even sum (URI_COUNT_ODD). It leaves out a link that the HTML alone has, unless
its address is also a picture's or readable.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from html import unescape

from newsletter.rendering.edition import Slot
from newsletter.rendering.slots import sentinel

_NOT_SHOWN = re.compile(
    r'<!--.*?-->|<(style|script|title)\b.*?</\1>|<div style="display:none.*?</div>', re.DOTALL
)
_LINK = re.compile(r'<a\b[^>]*?\shref="([^"]+)"')
_PICTURE = re.compile(r'<img\b[^>]*?\ssrc="([^"]+)"')
# rspamd reads the words of a link twice, as words and as what the link pretends to lead to.
_WORDS_OF_LINK = re.compile(r"<a\b[^>]*>\s*((?:https?://|www\.)[^<\s]*)")
_IN_A_LINE = re.compile(r"</?(?:wbr|span|b|strong|i|em|a)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_AT_END = ".,;:!?)]}'’”»"


def with_even_addresses(html: str, text: str, *, nonce: str, addresses: Iterable[str]) -> str:
    """The text, which ends with one of the `addresses` if the sum is even only then."""
    for candidate in (text, *(f"{text}{address}\n" for address in addresses if address)):
        if written_addresses(html, candidate, nonce=nonce) % 2 == 0:
            return candidate
    return text


def written_addresses(html: str, text: str, *, nonce: str) -> int:
    """How often the two parts write an address; every reader's own links count the same."""
    shown = _NOT_SHOWN.sub("", html)
    words = unescape(_TAG.sub(" ", _IN_A_LINE.sub("", shown)))
    readable = Counter(_addresses(f"{words}\n{text}", nonce))
    readable.update(map(unescape, _WORDS_OF_LINK.findall(shown)))
    readable.update(
        unescape(address) for address in _PICTURE.findall(shown) if address.startswith("http")
    )
    links = map(unescape, _LINK.findall(shown))
    return readable.total() + sum(link in readable for link in links)


def _addresses(text: str, nonce: str) -> list[str]:
    """The addresses that the text writes; the slots of a reader's own links are addresses too."""
    slots = "|".join(sentinel(slot, nonce) for slot in (Slot.UNSUBSCRIBE, Slot.PREFERENCES))
    found = re.findall(rf'{slots}|(?:https?://|\bwww\.)[^\s<>"]+', text)
    return [address.rstrip(_AT_END) for address in found]
