"""Articles that readers suggest: which links are taken, who counts, who is told. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.articles.urls import MAX_LENGTH, canonical_url
from newsletter.errors import InputError

MOST_WORDS = 300
MOST_TITLE = 200
MOST_NAME = 60
"""Characters of what a reader writes; what is longer is cut."""

KEPT = timedelta(days=90)
"""How long a suggestion is kept, whatever became of it."""

MOST_UNDECIDED = 500
"""Stories of one newsletter that wait for an editor; no more are taken until some are decided."""

READ_TRIES = 3
READ_AGAIN = timedelta(hours=1)
"""How often a page that cannot be read is tried, and the time between."""

_OUR_OWN_NETWORK = (".localhost", ".local", ".internal", ".home.arpa")


class SuggestionWay(StrEnum):
    """How a suggestion came."""

    FORM = "form"
    MAIL = "mail"


class SuggestedState(StrEnum):
    """What became of a suggested article."""

    WAITING = "waiting"  # its page is not read yet
    SHELVED = "shelved"  # an editor may add it
    UNREADABLE = "unreadable"  # its page could not be read; an editor may open it
    SENT_BEFORE = "sent-before"  # an issue had it before it was suggested
    DISMISSED = "dismissed"
    RAN = "ran"  # an issue had it afterwards


ON_SHELF = (SuggestedState.SHELVED, SuggestedState.UNREADABLE)
"""The states in which the desk shows it."""

UNDECIDED = (SuggestedState.WAITING, *ON_SHELF)


class BlockKind(StrEnum):
    """What an editor blocks."""

    SITE = "site"  # a host, with the hosts below it
    READER = "reader"  # the address or network that suggested, as a keyed hash


@dataclass(frozen=True, kw_only=True, slots=True)
class Suggestion:
    """One reader's suggestion of an article.

    `is_proven` is False for a mail that does not prove who wrote it: it counts apart, and of its
    words and name nothing is kept. `subscriber_id` is set if a reader of the newsletter is known.
    """

    id: int
    way: SuggestionWay
    is_proven: bool
    name: str
    words: str
    suggested_at: datetime
    subscriber_id: int | None = None
    wants_answer: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SuggestedStory:
    """A suggested article with all who suggested it, the first first.

    `key` is the story's, "" until its page is read. `page` is where `url` led then, or "".
    `issue` is the one that had it, or "".
    """

    id: int
    newsletter: str
    url: str
    key: str
    title: str
    source: str
    state: SuggestedState
    problem: str
    first_at: datetime
    suggestions: tuple[Suggestion, ...]
    page: str = ""
    issue: str = ""

    @property
    def site(self) -> str:
        """The host of its page, whatever led there."""
        return site_of(self.page or self.url)

    @property
    def readers(self) -> int:
        """How many suggested it."""
        return sum(one.is_proven for one in self.suggestions)

    @property
    def unproven(self) -> int:
        """How many mails suggested it that do not prove who wrote them."""
        return len(self.suggestions) - self.readers

    @property
    def said(self) -> Sequence[Suggestion]:
        """The suggestions that say why, or by whom."""
        return [one for one in self.suggestions if one.words or one.name]


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A site or a reader from whom nothing is taken any more; `refused` counts what came since."""

    id: int
    kind: BlockKind
    label: str
    blocked_at: datetime
    blocked_by: str
    refused: int


def accepted_link(url: str) -> str:
    """The canonical spelling of a link that may be suggested.

    Raises InputError for what is not a web address, or leads into a private network. Whether the
    host of a name is private is checked again when its page is fetched.
    """
    link = canonical_url(url.strip()[: MAX_LENGTH + 1])
    if not link or len(link) > MAX_LENGTH:
        raise InputError(
            f"{url.strip()[:80]!r} is not a web address",
            field="url",
            fix="give an address that begins with https://",
        )
    if not _may_be_public(urlsplit(link).hostname or ""):
        raise InputError(
            f"{urlsplit(link).hostname} is not a public site",
            field="url",
            fix="give the address of an article that everybody can read",
        )
    return link


def _may_be_public(host: str) -> bool:
    """Whether the host is a public address, or a name that may have one."""
    # Only here: what guards fetches loads the HTTP client.
    from newsletter.articles.ssrf_guard import is_public

    try:
        return is_public(ip_address(host.strip("[]")))
    except ValueError:
        return "." in host.strip(".") and not host.rstrip(".").endswith(_OUR_OWN_NETWORK)


def is_below(host: str, blocked: str) -> bool:
    """Whether the host is the blocked one, or one below it."""
    return host == blocked or host.endswith(f".{blocked}")


def site_of(url: str) -> str:
    """The host of a link, without `www.`: what an editor blocks."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def comes_from(story: SuggestedStory, blocked: str) -> bool:
    """Whether its address or its page is at the blocked host, or one below it."""
    return is_below(site_of(story.url), blocked) or is_below(story.site, blocked)


def state_once_read(first_at: datetime, sent_at: datetime | None) -> SuggestedState:
    """What a story becomes once its page is read; `sent_at` is when an issue took it, if one did."""
    is_old = sent_at is not None and sent_at <= first_at
    return SuggestedState.SENT_BEFORE if is_old else SuggestedState.SHELVED


def to_answer(story: SuggestedStory, sent_at: datetime) -> list[Suggestion]:
    """The suggestions whose readers are told that an issue, sent at that time, had the story.

    Those that came before it, of readers who are known and want to be told.
    """
    return [
        one
        for one in story.suggestions
        if one.wants_answer
        and one.is_proven
        and one.subscriber_id is not None
        and one.suggested_at < sent_at
    ]


def on_shelf(stories: Iterable[SuggestedStory], present: Collection[str]) -> list[SuggestedStory]:
    """What the desk shows: stories that are not in the issue, those that most suggested first.

    Two addresses of one story are one entry. `present` are the keys of the issue's stories.
    """
    found: dict[str, SuggestedStory] = {}
    for story in stories:
        if story.state not in ON_SHELF or story.key in present:
            continue
        place = story.key or f"address {story.url}"
        known = found.get(place)
        found[place] = story if known is None else _together(known, story)
    return sorted(found.values(), key=lambda one: (-one.readers, one.first_at, one.id))


def _together(one: SuggestedStory, other: SuggestedStory) -> SuggestedStory:
    """The first with the suggestions of both."""
    both = sorted((*one.suggestions, *other.suggestions), key=lambda each: each.suggested_at)
    return replace(one, suggestions=tuple(both), first_at=min(one.first_at, other.first_at))
