"""Which addresses may identify the one who got a mail. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import parse_qsl, unquote, urlsplit

from newsletter.articles.mailed.wrapped import hidden_texts
from newsletter.articles.urls import canonical_url

_PERSONAL_NAME = re.compile(
    r"(?:e|em|email|mail|uid|user(?:_?id)?|u|cid|sid|subscriber(?:_?id)?|contact(?:_?id)?|recipient(?:_?id)?|member(?:_?id)?"
    r"|token|tok|auth|jwt|key|sig|signature|hash|h|ck_subscriber_id|sh_kit|j|r|ref|referral(?:_?code)?|rh_ref|eid|lid|mid"
    r"|xtu|sc_eh|sc_uid|ldtag_cl|bid|emci|emdi|ceid|ss_email_id|recipientid|isfreemail|triedredirect|_bhlid"
    r"|sub(?:_?id)?|reader(?:_?id)?|customer(?:_?id)?|person(?:_?id)?|profile(?:_?id)?|user_?e?mail|uuid|rid|xid|si"
    r"|access(?:_?token|_?key)|gift(?:_?code)?|hashed_?email|e?mail_?(?:hash|id|addr(?:ess)?)|md5|sha(?:1|256)|pwd|otp)\Z",
    re.IGNORECASE,
)
"""Parameters in which mailers put who somebody is."""
_TOKEN = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+/=.~-]{16,}")
_HEX = re.compile(r"[0-9a-f]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ADDRESS = re.compile(r"[^/?&=\s]+@[\w-]+\.[\w.-]+")
_PUBLIC = re.compile(
    r"https?://(?:[\w-]+\.)*(?:github\.com/[^/]+/[^/]+/(?:commits?|blob|tree|compare|releases)/"
    r"|gist\.github\.com/|gitlab\.com/|codeberg\.org/|(?:docs|drive)\.google\.com/[\w/]*d/|youtube\.com/|youtu\.be/"
    r"|vimeo\.com/|open\.spotify\.com/|podcasts\.apple\.com/|apple\.news/|arxiv\.org/|doi\.org/|notion\.(?:site|so)/"
    r"|bsky\.app/profile/|archive\.(?:org|ph|today)/)",
    re.IGNORECASE,
)
"""Places whose pages have identifiers for addresses that are the same for everybody."""
_OPAQUE = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]{8,}|[A-Z]{8,}")
_ORIGINS = frozenset(["source", "src", "ref", "from", "via", "referrer", "origin", "campaign"])
"""Parameters that say where somebody comes from."""
LEAST_TOKEN = 6
"""Characters of an identifier that is looked for in other links."""
LONGEST_WORD = 40
"""In characters: a longer piece of a path that is not words is an identifier."""


def is_front_page(url: str) -> bool:
    """Whether the address is that of a site, and not of a page in it."""
    parts = urlsplit(canonical_url(url))
    names = {name.casefold() for name, _value in parse_qsl(parts.query, keep_blank_values=True)}
    return parts.path.strip("/") == "" and names <= _ORIGINS


def is_personal(url: str, ours: Collection[str] = ()) -> bool:
    """Whether the address may identify a person: it has what looks like a token, or a mail address.

    It is true too often rather than too seldom: a link that is taken for personal is left out, and
    one that wrongly is not could open somebody's account to every reader. `ours` are identifiers
    that are known to be ours.
    """
    canonical = canonical_url(url)
    parts = urlsplit(canonical)
    if _ADDRESS.search(unquote(unquote(f"{parts.path}?{parts.query}"))) and "/@" not in parts.path:
        return True
    if any(_tells_of_somebody(text) for text in hidden_texts(f"{parts.path}?{parts.query}")):
        return True
    is_public = _PUBLIC.match(canonical) is not None
    return (
        any(_names_somebody(name, value, ours) for name, value in _parameters(canonical))
        or (not is_public and any(map(_is_identifier, parts.path.split("/"))))
        or any(piece.casefold() in ours for piece in _path_pieces(canonical))
        or any(_looks_random(piece) for piece in re.split("[&=]", parts.fragment))
    )


def is_opaque(url: str) -> bool:
    """Whether the address says nothing of its page, so that it may be one of a tracker."""
    canonical = canonical_url(url)
    if _PUBLIC.match(canonical):
        return False
    values = [value for _name, value in _parameters(canonical)]
    pieces = [unquote(piece).partition(".")[0] for piece in urlsplit(canonical).path.split("/")]
    return any(
        _OPAQUE.fullmatch(re.sub("[-_=]", "", piece)) and not _is_of_words(piece)
        for piece in (*pieces, *values)
    )


def without_personal(url: str, ours: Collection[str] = ()) -> str:
    """The address without the parameters that may identify a person."""
    canonical = canonical_url(url)
    parts = urlsplit(canonical)
    kept = [
        pair
        for pair in parts.query.split("&")
        if pair
        and not any(_names_somebody(*one, ours) for one in parse_qsl(pair, keep_blank_values=True))
        and not any(map(_tells_of_somebody, hidden_texts(pair)))
    ]
    return canonical_url(parts._replace(query="&".join(kept), fragment="").geturl())


def tokens_of(links: Iterable[str]) -> frozenset[str]:
    """The identifiers in the links by which one leaves: in another link they name the same reader."""
    found: set[str] = set()
    for link in links:
        values = [unquote(value) for _name, value in _parameters(link)]
        found |= {value.casefold() for value in values if re.search(r"\d", value)}
        found |= {piece for piece in _path_pieces(link) if _OPAQUE.fullmatch(piece)}
    return frozenset(one for one in found if len(one) >= LEAST_TOKEN)


def forms_of(address: str) -> frozenset[str]:
    """How trackers write a mail address other than in letters or base64: its sums and its octets."""
    written = address.casefold().encode()
    sums = [hashlib.new(name, written).hexdigest() for name in ("md5", "sha1", "sha256")]
    return frozenset([*sums, written.hex()])


def _parameters(url: str) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(url.strip()).query)


def _path_pieces(url: str) -> Iterator[str]:
    for piece in urlsplit(url.strip()).path.split("/"):
        yield unquote(piece).casefold()


def _tells_of_somebody(text: str) -> bool:
    """Whether a text that was hidden in an address has a mail address, or is a record."""
    return bool(_ADDRESS.search(text)) or text.startswith('{"')


def _names_somebody(name: str, value: str, ours: Collection[str] = ()) -> bool:
    is_named = bool(_PERSONAL_NAME.match(name)) and len(value) > 1
    return is_named or _looks_random(value) or value.casefold() in ours


def _looks_random(value: str) -> bool:
    """Whether the value looks made by a program: long, with letters and digits mixed."""
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
