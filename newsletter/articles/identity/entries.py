"""Matches the entries that a source shows with the known entries of it. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from newsletter.articles.article import Article
from newsletter.articles.identity.addresses import address_key, names_a_page
from newsletter.articles.identity.contradictions import contrast
from newsletter.articles.identity.global_ids import PAGE, global_id
from newsletter.articles.identity.headlines import headline
from newsletter.articles.tags import slug_of

SIMILAR_TITLE = 60
"""The least token set ratio of rapidfuzz, of 100: a corrected headline keeps most of its words."""
SAME_TEXT = 85
"""The least ratio of rapidfuzz, of 100: a corrected summary keeps nearly all of its letters."""

ENOUGH_TEXT = 60
"""In characters; a shorter text may be the same in every entry of a source."""
REPUBLISHED_TEXT = 97
CLOSE = timedelta(days=1)
"""Dates nearer than this may be those of one entry: one feed gives its publication, one its update."""
_REMARK = re.compile(
    r"\A\W*(?:updated?|correct(?:ed|ion)|amended)(?:\s+\d+)?\s*[\]):|–—-]+\s*"
    r"|\s*[\[(|–—-]+\s*(?:updated?|corrected|amended)[^\w]*\Z",
    re.IGNORECASE,
)
"""A remark that a title has been changed, such as "UPDATE 2: …" or "… [corrected]"."""


_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d{2}(?:\d{4})?(?!\d))\d{4,}(?!\d)")
"""The number of an article in its address, which is not a year or a day: `/goverment-falls-81234`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """An entry as a source shows it, or last showed it, with everything that identifies it.

    `id` is its guid, Atom id or JSON Feed id; "" if the source gives none. `opening` is the
    beginning of its text, and `global_id` the key of its id if no other entry anywhere has that id.
    """

    id: str
    url: str
    title: str
    published: datetime
    dated: bool
    opening: str = ""
    global_id: str = ""

    @classmethod
    def of(cls, article: Article) -> Sighting:
        """The entry from which the article was made."""
        return cls.known_as(
            article.entry_id,
            url=article.url,
            title=article.title,
            published=article.published,
            dated=article.dated,
            opening=article.summary,
        )

    @classmethod
    def known_as(
        cls,
        entry_id: str,
        *,
        url: str,
        title: str,
        published: datetime,
        dated: bool,
        opening: str,
    ) -> Sighting:
        """The entry with what its source gives as its id."""
        return cls(
            id=id_key(entry_id),
            url=url,
            title=title,
            published=published,
            dated=dated,
            opening=opening,
            global_id=global_id(entry_id),
        )

    @property
    def address(self) -> str:
        """Its address key; "" if it has none, or that of a front page, which identifies no entry."""
        key = address_key(self.url)
        return key if names_a_page(key) else ""

    @property
    def number(self) -> str:
        """The number of the article in its address, with the host; "" if it has none."""
        numbers = _NUMBER.findall(self.address)
        return f"{self.address.partition('/')[0]} {numbers[-1]}" if numbers else ""

    @property
    def title_key(self) -> str:
        """Its title without case, punctuation and the remark that it was updated or corrected."""
        return slug_of(_REMARK.sub("", self.title)) or slug_of(self.title)

    @property
    def to_the_minute(self) -> bool:
        """Whether its date has a time of day, so that few entries share it."""
        return self.dated and self.published.astimezone(UTC).time() != time(0)


def id_key(text: str) -> str:
    """An id for comparison: for an address its address key, which ignores scheme and `www.`."""
    return address_key(text) or text


def match_entries(shown: Sequence[Sighting], known: Sequence[Sighting]) -> list[int | None]:
    """For each entry shown, the index of the same entry in `known`; None for a new entry.

    An id decides if only one entry of the document has it and something else agrees. Otherwise
    the address decides if only one entry has it and no other id contradicts, then title and date.
    Each known entry matches at most one shown entry.
    """
    matches: list[int | None] = [None] * len(shown)
    for key_of, agree in _RULES:
        matched = set(matches)
        ours, theirs = _indexes_by(key_of, shown), _indexes_by(key_of, known)
        for key, index in ours.items():
            other = theirs.get(key)
            if other is None or other in matched or matches[index] is not None:
                continue
            if agree(shown[index], known[other]):
                matches[index] = other
    return matches


def same_across_sources(one: Sighting, other: Sighting) -> bool:
    """Whether entries of two sources that have one global id are one entry.

    A UUID or tag is taken at its word unless everything else contradicts it, as in feeds that were
    written after one template. An address may be that of a page with many entries, or of the site
    that another was copied from, so title, text or date must agree.
    """
    if _similar_titles(one, other) or _same_text(one, other, default=False):
        return True
    if one.global_id.startswith(PAGE):
        return one.to_the_minute and _same_date(one, other)
    if one.opening and other.opening:
        return False
    return not (one.dated and other.dated) or abs(one.published - other.published) < CLOSE


def _indexes_by(key_of: Callable[[Sighting], str], entries: Sequence[Sighting]) -> dict[str, int]:
    """The index of the entry of each key; a key of several entries identifies none of them."""
    keys = [key_of(entry) for entry in entries]
    counts = Counter(keys)
    return {key: index for index, key in enumerate(keys) if key and counts[key] == 1}


def _always(_one: Sighting, _other: Sighting) -> bool:
    return True


def _something_agrees(one: Sighting, other: Sighting) -> bool:
    """Whether date, title or text agree: a feed may give one id or link to all its entries."""
    return (
        _same_date(one, other)
        or _similar_titles(one, other)
        or _same_text(one, other, default=False)
    )


def _same_by_id(one: Sighting, other: Sighting) -> bool:
    return bool(one.address and one.address == other.address) or _something_agrees(one, other)


def _same_by_title(one: Sighting, other: Sighting) -> bool:
    """Whether entries of equal address and title match: not if id, date and text all differ."""
    if not _ids_differ(one, other):
        return True
    return _same_date(one, other) or _same_text(one, other, default=False)


def _same_by_address(one: Sighting, other: Sighting) -> bool:
    """Whether entries of equal address match: with different ids it may be a shared page."""
    if not _ids_differ(one, other):
        return _something_agrees(one, other)
    if one.to_the_minute and _same_date(one, other):
        return True
    if _contradict(one, other) or not _republished(one, other):
        return False
    return _are_versions(one, other) or _similar_titles(one, other)


def _are_versions(one: Sighting, other: Sighting) -> bool:
    """Whether both ids are the entry's own address with the number of a version as fragment."""
    if "#" in one.address:
        return False
    return all(entry.id.partition("#")[0] == one.address for entry in (one, other))


def _same_by_date(one: Sighting, other: Sighting) -> bool:
    """Whether entries of equal title and date match: an entry may change both id and address."""
    if not _ids_differ(one, other) and not (one.address and other.address):
        return True
    return _same_text(one, other, default=one.to_the_minute)


def _same_but_corrected(one: Sighting, other: Sighting) -> bool:
    return _similar_titles(one, other) and _same_text(one, other, default=False)


def _similar_titles(one: Sighting, other: Sighting) -> bool:
    """Whether one title is a correction of the other, and not that of the next episode."""
    from rapidfuzz import fuzz  # slow to load: only when articles were gathered

    near = fuzz.token_set_ratio(one.title_key, other.title_key) >= SIMILAR_TITLE
    return near and not _contradict(one, other)


def _contradict(one: Sighting, other: Sighting) -> bool:
    return contrast(headline(one.title), headline(other.title))


def _republished(one: Sighting, other: Sighting) -> bool:
    """Whether an entry is published again with another date, id and address, but the same text."""
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


def _number(entry: Sighting) -> str:
    return entry.number


def _title(entry: Sighting) -> str:
    return entry.title_key


def _moment(entry: Sighting) -> str:
    return entry.published.astimezone(UTC).isoformat() if entry.to_the_minute else ""


_RULES: tuple[tuple[Callable[[Sighting], str], Callable[[Sighting, Sighting], bool]], ...] = (
    (_id_and_address, _always),
    (_id, _same_by_id),
    (_address_and_title, _same_by_title),
    (_address, _same_by_address),
    (_title_and_date, _same_by_date),
    (_moment, _same_but_corrected),
    (_number, _similar_titles),
    (_title, _republished),
)
"""How an entry is recognised, the surest rule first: the key, and what else must agree."""
