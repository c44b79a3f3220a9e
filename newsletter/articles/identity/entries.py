"""Which entries of a source are entries that we know of it, and which are new. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from newsletter.articles.article import Article
from newsletter.articles.identity.addresses import address_key, names_a_page
from newsletter.articles.identity.headlines import headline
from newsletter.articles.identity.sameness import contrast
from newsletter.articles.tags import slug_of

AKIN = 60
"""Of 100, by rapidfuzz's token set ratio: a corrected headline keeps most of its words."""
SAME_TEXT = 85
"""Of 100, by rapidfuzz's ratio: a corrected summary keeps nearly all of its letters."""

ENOUGH_TEXT = 60
"""Characters; less may stand under every entry of a source."""
REPUBLISHED_TEXT = 97


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """An entry as a source shows it, or showed it last: what it can be known by.

    `id` is its guid, Atom id or JSON Feed id; "" where the source gives none. `opening` is the
    beginning of its text.
    """

    id: str
    url: str
    title: str
    published: datetime
    dated: bool
    opening: str = ""

    @classmethod
    def of(cls, article: Article) -> Sighting:
        """The entry that an article was made of."""
        return cls(
            id=id_key(article.entry_id),
            url=article.url,
            title=article.title,
            published=article.published,
            dated=article.dated,
            opening=article.summary,
        )

    @property
    def address(self) -> str:
        """Its address key; "" for none and for a front page, which names no entry."""
        key = address_key(self.url)
        return key if names_a_page(key) else ""

    @property
    def title_key(self) -> str:
        """Its title without case and punctuation."""
        return slug_of(self.title)

    @property
    def to_the_minute(self) -> bool:
        """Whether its date says more than a day, so that few entries share it."""
        return self.dated and self.published.astimezone(UTC).time() != time(0)


def id_key(text: str) -> str:
    """An id as it is compared: one that is an address outlives a change of scheme or host name."""
    return address_key(text) or text


def match_entries(shown: Sequence[Sighting], known: Sequence[Sighting]) -> list[int | None]:
    """For each entry shown the place in `known` of the entry that it is; None for a new one.

    An id decides where it stands at one entry of the document, unless nothing else agrees; else
    the address does, where it is the entry's own and no other id contradicts; else title and
    date. Each known entry is at most one of those shown.
    """
    matches: list[int | None] = [None] * len(shown)
    for key_of, agree in _WAYS:
        taken = set(matches)
        ours, theirs = _places_by(key_of, shown), _places_by(key_of, known)
        for key, place in ours.items():
            other = theirs.get(key)
            if other is None or other in taken or matches[place] is not None:
                continue
            if agree(shown[place], known[other]):
                matches[place] = other
    return matches


def _places_by(key_of: Callable[[Sighting], str], entries: Sequence[Sighting]) -> dict[str, int]:
    """Where each key stands; a key of several entries names none of them."""
    keys = [key_of(entry) for entry in entries]
    counts = Counter(keys)
    return {key: place for place, key in enumerate(keys) if key and counts[key] == 1}


def _always(_one: Sighting, _other: Sighting) -> bool:
    return True


def _something_agrees(one: Sighting, other: Sighting) -> bool:
    """An id or a link that a feed gives to everything it shows names no entry."""
    return (
        _same_date(one, other) or _akin_titles(one, other) or _same_text(one, other, default=False)
    )


def _same_by_id(one: Sighting, other: Sighting) -> bool:
    return bool(one.address and one.address == other.address) or _something_agrees(one, other)


def _same_by_title(one: Sighting, other: Sighting) -> bool:
    """Equal address and title: a new id says little against it, a new date and text do."""
    if not _ids_differ(one, other):
        return True
    return _same_date(one, other) or _same_text(one, other, default=False)


def _same_by_address(one: Sighting, other: Sighting) -> bool:
    """An address without ids beside it is the entry; with another id it may be a shared page."""
    if not _ids_differ(one, other):
        return _something_agrees(one, other)
    return one.to_the_minute and _same_date(one, other)


def _same_by_date(one: Sighting, other: Sighting) -> bool:
    """Moved altogether: the same words at the same moment, which no new entry has."""
    if not _ids_differ(one, other) and not (one.address and other.address):
        return True
    return _same_text(one, other, default=one.to_the_minute)


def _same_but_corrected(one: Sighting, other: Sighting) -> bool:
    return _akin_titles(one, other) and _same_text(one, other, default=False)


def _akin_titles(one: Sighting, other: Sighting) -> bool:
    """A corrected headline, but not the next episode's."""
    from rapidfuzz import fuzz  # slow to load: only when articles were gathered

    near = fuzz.token_set_ratio(one.title_key, other.title_key) >= AKIN
    return near and not contrast(headline(one.title), headline(other.title))


def _republished(one: Sighting, other: Sighting) -> bool:
    """Put out anew under another date, id and address: the same words, and more than a heading."""
    enough = min(len(one.opening), len(other.opening)) >= ENOUGH_TEXT
    says_much = not headline(one.title).is_generic
    from rapidfuzz import fuzz

    return enough and says_much and fuzz.ratio(one.opening, other.opening) >= REPUBLISHED_TEXT


def _ids_differ(one: Sighting, other: Sighting) -> bool:
    return bool(one.id and other.id and one.id != other.id)


def _same_date(one: Sighting, other: Sighting) -> bool:
    return one.dated == other.dated and (not one.dated or one.published == other.published)


def _same_text(one: Sighting, other: Sighting, *, default: bool) -> bool:
    if not one.opening or not other.opening:
        return default
    from rapidfuzz import fuzz

    return fuzz.ratio(one.opening, other.opening, score_cutoff=SAME_TEXT) > 0


def _id_and_address(entry: Sighting) -> str:
    return entry.id and f"{entry.id} {entry.address}"


def _id(entry: Sighting) -> str:
    return entry.id


def _address_and_title(entry: Sighting) -> str:
    return entry.address and f"{entry.address} {entry.title_key}"


def _address(entry: Sighting) -> str:
    return entry.address


def _title_and_date(entry: Sighting) -> str:
    moment = entry.published.astimezone(UTC).isoformat() if entry.dated else "undated"
    return entry.title_key and f"{entry.title_key} {moment}"


def _title(entry: Sighting) -> str:
    return entry.title_key


def _moment(entry: Sighting) -> str:
    return entry.published.astimezone(UTC).isoformat() if entry.to_the_minute else ""


_WAYS: tuple[tuple[Callable[[Sighting], str], Callable[[Sighting, Sighting], bool]], ...] = (
    (_id_and_address, _always),
    (_id, _same_by_id),
    (_address_and_title, _same_by_title),
    (_address, _same_by_address),
    (_title_and_date, _same_by_date),
    (_moment, _same_but_corrected),
    (_title, _republished),
)
"""How an entry is known again, the surest way first: what must be equal, and what must agree."""
