"""Which links of a mail may lead to a story, and which may identify the one who got the mail. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.articles.urls import canonical_url

_LEAVES = re.compile(
    r"un-?subscri|opt-?(?:out|in)|(?<![a-z])confirm|verify|preferences?(?:\W|_|\Z)|manage[-_/]?(?:sub|pref|email|profile)"
    r"|abmeld|abbestell|d[ée]sabonn|desinscri|disiscri|afmeld|uitschrijv|darse-?de-?baja|(?<![a-z])leave(?![a-z])"
    r"|remove-?me|email-?settings|list-manage\d*\.com/(?:profile|unsub)|(?<![a-z])(?:login|signin|sign-in|logout)(?![a-z])",
    re.IGNORECASE,
)
"""An address that may do something to a subscription when it is opened."""
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

_PERSONAL_NAME = re.compile(
    r"(?:e|em|email|mail|uid|user(?:_?id)?|u|cid|sid|subscriber(?:_?id)?|contact(?:_?id)?|recipient(?:_?id)?|member(?:_?id)?"
    r"|token|tok|auth|jwt|key|sig|signature|hash|h|ck_subscriber_id|sh_kit|j|r|ref|referral(?:_?code)?|rh_ref|eid|lid|mid"
    r"|xtu|sc_eh|sc_uid|ldtag_cl|bid|emci|emdi|ceid|ss_email_id|recipientid|isfreemail|triedredirect|_bhlid)\Z",
    re.IGNORECASE,
)
"""Parameters in which mailers put who somebody is."""
_TOKEN = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=.~-]{16,}")
_HEX = re.compile(r"[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS = re.compile(r"[^/?&=\s]+@[\w-]+\.[\w.-]+")
LONGEST_WORD = 40
"""In characters: a longer piece of a path that is not words is an identifier."""


def may_be_a_story(link: str, never: Collection[str] = ()) -> bool:
    """Whether the link may be opened to see where it leads.

    `never` are the links by which the mail's header says how to leave.
    """
    address = canonical_url(link)
    if not address or link in never or address in never:
        return False
    written = unquote(unquote(link))
    return not (_LEAVES.search(written) or _SHARES.search(written) or _SOCIAL_HOME.match(address))


def is_front_page(url: str) -> bool:
    """Whether the address is that of a site, and not of a page in it."""
    parts = urlsplit(canonical_url(url))
    return parts.path.strip("/") == "" and not parts.query


def is_personal(url: str) -> bool:
    """Whether the address may identify a person: it has what looks like a token, or a mail address.

    It is true too often rather than too seldom: a link that is taken for personal is left out, and
    one that wrongly is not could open somebody's account to every reader.
    """
    parts = urlsplit(canonical_url(url))
    if _ADDRESS.search(unquote(unquote(f"{parts.path}?{parts.query}"))) and "/@" not in parts.path:
        return True
    return (
        any(_names_somebody(name, value) for name, value in parse_qsl(parts.query))
        or any(map(_is_identifier, parts.path.split("/")))
        or any(_looks_random(piece) for piece in re.split("[&=]", parts.fragment))
    )


def without_personal(url: str) -> str:
    """The address without the parameters that may identify a person."""
    canonical = canonical_url(url)
    parts = urlsplit(canonical)
    kept = [
        pair
        for pair in parts.query.split("&")
        if pair
        and not any(_names_somebody(*one) for one in parse_qsl(pair, keep_blank_values=True))
    ]
    return canonical_url(parts._replace(query="&".join(kept), fragment="").geturl())


def _names_somebody(name: str, value: str) -> bool:
    return (bool(_PERSONAL_NAME.match(name)) and len(value) > 1) or _looks_random(value)


def _looks_random(value: str) -> bool:
    """Whether the value is no word that a person writes: long, with letters and digits mixed."""
    return bool(_HEX.fullmatch(value) or (_TOKEN.fullmatch(value) and not _is_of_words(value)))


def _is_identifier(piece: str) -> bool:
    """Whether a piece of a path is a token. A title in an address has its words divided."""
    piece = unquote(piece)
    return len(piece) >= LONGEST_WORD and _looks_random(piece)


def _is_of_words(value: str) -> bool:
    """Whether nearly all of it is words and numbers with something between them: a-new-law-of-2026."""
    words = [word for word in re.split(r"[-_+.~/]", value) if word]
    plain = sum(
        word.isdigit() or (word.isalpha() and (word.islower() or word.istitle())) for word in words
    )
    return len(words) > 1 and plain >= len(words) - 1
