"""Which links of a mail may be opened: none by which one leaves, signs in, or changes anything. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterable
from urllib.parse import unquote

from newsletter.articles.mailed.wrapped import hidden_texts, unwrapped
from newsletter.articles.urls import canonical_url

_LEAVES = re.compile(
    r"un-?subscri|unsub(?![a-z])|(?<![a-z])unsub|subscription_?cent|unsub_?cent|profile_?cent|preference-?_?cent"
    r"|manage[-_/]?(?:sub|pref|email|profile)|disable[-_]?e?mail|abmeld|abbestell|d[ée]sabonn|d[ée]sinscri|disiscri"
    r"|cancelar-?_?(?:suscri|inscri|assina)|afmeld|uitschrijv|darse-?_?de-?_?baja|remove-?_?me(?![a-z])"
    r"|e?mail[-_]?settings|email[-_]?preferences|list-manage\d*\.com/(?:profile|unsub)"
    r"|/mk/un/|createsend\d*\.com/t/\w-u-|constantcontact\.com/do\?(?:.*&)?p=un|aweber\.com/z/r/"
    r"|kmail-lists\.com/subscriptions|/alerts/(?:remove|edit|feedback|share)|/subscription/[0-9a-f]{8}-[0-9a-f]{4}-"
    r"|/wf/(?:unsub|open)|/asm/(?:unsub|\?)",
    re.IGNORECASE,
)
"""An address that may do something to a subscription when it is opened: words that no headline has."""
_ACTS = re.compile(
    r"(?<![a-z])(?:opt[-_ ]?(?:out|in)|confirm(?:ation|ed)?|verify|activate|preferences?|leave|log-?in|sign-?in|log-?out"
    r"|sign-?out|cancel|delete|feedback|manage)(?![a-z])",
    re.IGNORECASE,
)
"""The same, of words that headlines have too: they count where few others stand with them."""
_PIECE = re.compile(r"[/?&=.#;:,!|]+")
MOST_WORDS = 3
"""Words of a piece of an address up to which one of these words is what it is about."""
_SHARES = re.compile(
    r"https?://(?:[\w.-]+\.)?(?:(?:twitter|x)\.com/(?:intent|share)|facebook\.com/(?:sharer|share\.php|dialog)"
    r"|linkedin\.com/(?:shareArticle|sharing|cws)|reddit\.com/submit|news\.ycombinator\.com/submitlink"
    r"|bsky\.app/intent|threads\.net/intent|pinterest\.[a-z.]+/pin/create|getpocket\.com/(?:save|edit)|t\.me/share"
    r"|wa\.me/|api\.whatsapp\.com|apps\.apple\.com|itunes\.apple\.com|play\.google\.com/store)",
    re.IGNORECASE,
)
_SOCIAL_HOME = re.compile(
    r"https?://(?:www\.|m\.)?(?:twitter|x|facebook|instagram|linkedin|youtube|tiktok|threads|bsky)\.\w+"
    r"/(?:company/|in/|channel/|user/|c/|profile/)?@?[\w.-]*/?\Z",
    re.IGNORECASE,
)


def may_be_a_story(link: str, never: Collection[str] = ()) -> bool:
    """Whether the link may be opened to see where it leads.

    `never` are the links by which the mail says how to leave, as `ways_to_leave` has them.
    """
    bare = unwrapped(link)
    address = canonical_url(bare)
    if not address or _SOCIAL_HOME.match(address) or not may_be_opened(bare, never):
        return False
    return not _SHARES.search(unquote(unquote(bare)))


def may_be_opened(link: str, never: Collection[str] = ()) -> bool:
    """Whether nothing says that opening the address changes something; also of where links redirect."""
    if _key(link) in never:
        return False
    return not any(map(_acts, (unquote(unquote(link)), *hidden_texts(link))))


def ways_to_leave(links: Iterable[str]) -> frozenset[str]:
    """These links in a form in which another spelling of the same one is found."""
    return frozenset(key for link in links if (key := _key(link)))


def _key(link: str) -> str:
    """The address whatever its capitals, escapes and scheme; those of a header are often spelt otherwise."""
    address = canonical_url(unwrapped(html.unescape("".join(link.split()))))
    return unquote(unquote(address)).partition("#")[0].partition("://")[2].rstrip("/?").casefold()


def _acts(written: str) -> bool:
    if _LEAVES.search(written):
        return True
    return any(
        _ACTS.search(piece) and len(re.findall(r"[^\W_]+", piece)) <= MOST_WORDS
        for piece in _PIECE.split(written)
    )
