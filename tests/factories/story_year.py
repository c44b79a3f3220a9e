"""A simulated year of feeds with every habit there is, and what became of each story.

`python -m tests.factories.story_year 52 40` prints the balance of 52 issues over 40 feeds.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.articles.article import Article
from newsletter.articles.identity.sources import Configured
from newsletter.issues.issue import Issue, State
from newsletter.pipeline.draft import draft
from newsletter.site.site import Site
from newsletter.store import issues as issue_store
from newsletter.store.articles import save_articles
from newsletter.store.newsletters import advance_watermark, lock_newsletter
from newsletter.store.sources import settle_sources
from tests.factories.site import make_site

START = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
LOOKS = 4
"""How often a feed is read in a week."""
WINDOW = 5
SYLLABLES = [first + last for first in "bdfgklmnprstvz" for last in ("a", "e", "i", "o", "u")]


@dataclass(kw_only=True)
class Told:
    """One telling in a feed: of which story of the world, and how the feed shows it now."""

    story: int
    title: str
    text: str
    slug: str
    guid: str
    at: datetime
    appears: datetime


@dataclass(kw_only=True)
class Feed:
    """A feed with a habit; `told` is the newest first."""

    number: int
    habit: str
    told: list[Told] = field(default_factory=list)


HABITS = (
    "plain", "no guid", "new guid each time", "permalink guid", "one guid for all", "http to https",
    "new domain", "sessions", "slugs corrected", "titles corrected", "shared page", "fragments",
    "reordered", "dead weeks", "republished", "retells others",
)  # fmt: skip


@dataclass(kw_only=True)
class Balance:
    """What became of the stories that were visible: `twice` and `lost` name those that should be none."""

    stories: int = 0
    carried: int = 0
    left_out: int = 0
    twice: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.stories} stories visible: {self.carried} in one issue, {self.left_out} left out"
            f" with a reason, {len(self.twice)} twice, {len(self.lost)} lost"
        )


class World:
    """Stories that happen, and the feeds that tell them."""

    def __init__(self, feeds: int, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a simulation
        self.feeds = [
            Feed(number=number, habit=HABITS[number % len(HABITS)]) for number in range(feeds)
        ]
        self.stories = 0
        self.visible: set[int] = set()
        self.names: dict[str, int] = {}

    def word(self) -> str:
        """A word that stands in no other story."""
        return "".join(self.chance.choices(SYLLABLES, k=4)).capitalize()

    def happen(self, feed: Feed, at: datetime) -> None:
        """A story happens at that moment, and the feed tells it."""
        self.stories += 1
        name, place = self.word(), self.word()
        self.names[name] = self.stories
        verb = self.chance.choice(("opens", "closes", "visits", "repairs", "sells", "finds"))
        thing = self.chance.choice(("harbour", "school", "bridge", "library", "ferry", "mill"))
        told = Told(
            story=self.stories,
            title=f"{name} {verb} the {thing} of {place}",
            text=f"On a day in {place} the firm {name} {verb} the {thing}; {self.word()} and {self.word()} saw it.",
            slug=f"{name}-{self.stories}".lower(),
            guid=f"g{self.stories}",
            at=at,
            appears=at,
        )
        feed.told.insert(0, told)
        tellers = [other for other in self.feeds if other.habit == "retells others"]
        if tellers and feed.habit != "retells others" and self.chance.random() < 0.3:
            delay = self.chance.choice((1, 3, 9)) * DAY
            again = replace(told, guid=f"r{told.guid}", slug=f"again-{told.slug}", at=at + delay,
                            appears=at + delay, title=f"{place}: {name} {verb} the {thing}")  # fmt: skip
            self.chance.choice(tellers).told.insert(0, again)

    def shown(self, feed: Feed, now: datetime, week: int) -> list[Article]:
        """What the feed shows now, as it has been read."""
        if feed.habit == "dead weeks" and week % 5 in (2, 3):
            return []
        told = sorted((t for t in feed.told if t.appears <= now), key=lambda t: t.at, reverse=True)
        if feed.habit == "republished" and told and week % 3 == 2:
            old = told[min(3, len(told) - 1)]
            if old.guid.startswith("g"):
                old.guid, old.slug, old.at = (
                    f"p{old.guid}",
                    f"p-{old.slug}",
                    now - timedelta(hours=1),
                )
                told.sort(key=lambda t: t.at, reverse=True)
        told = told[:WINDOW]
        self.visible |= {t.story for t in told}
        articles = [self.article(feed, t, week) for t in told]
        if feed.habit == "reordered":
            self.chance.shuffle(articles)
        return articles

    def article(self, feed: Feed, told: Told, week: int) -> Article:
        """The entry as the feed's habit shows it."""
        site = f"https://site{feed.number}.example"
        late = week >= 4
        address, guid, title = f"{site}/{told.slug}", told.guid, told.title
        match feed.habit:
            case "no guid":
                guid = ""
            case "new guid each time":
                guid = f"{told.guid}-{self.chance.random()}"
            case "one guid for all":
                guid = "same"
            case "http to https":
                address = address.replace("https", "http") if not late else address
                guid = address
            case "permalink guid":
                guid = address
            case "new domain":
                address = (
                    address.replace(site, f"https://moved{feed.number}.example")
                    if late
                    else address
                )
            case "sessions":
                address, guid = f"{address}?sid={self.chance.random()}", ""
            case "slugs corrected":
                address = f"{address}-corrected" if self.chance.random() < 0.5 else address
            case "titles corrected":
                title = title.replace(" the ", " a ") if self.chance.random() < 0.5 else title
            case "shared page":
                address = f"{site}/advisories"
            case "fragments":
                address, guid = f"{site}/notes#{told.slug}", ""
        return Article(
            key=address, url=address, title=title, source=f"Feed {feed.number}", entry_id=guid,
            published=told.at, summary=told.text, body_html=f"<p>{told.text}</p>", body_text=told.text,
        )  # fmt: skip


def simulate(
    site: Site, *, weeks: int, feeds: int, seed: int = 7, per_week: int = 3,
    say: Callable[[str], object] = lambda _line: None,
) -> Balance:  # fmt: skip
    """Let `weeks` pass over the site; what became of each story that was visible."""
    world = World(feeds, seed)
    configured = [
        Configured(location=source.location) for source in site.newsletter("weekly").sources
    ]
    carried: Counter[int] = Counter()
    out: set[int] = set()
    for week in range(weeks):
        monday = START + week * WEEK
        for feed in world.feeds:
            for _ in range(per_week):
                world.happen(feed, monday + world.chance.random() * WEEK)
        for look in range(LOOKS):
            now = monday + (look + 1) * WEEK / LOOKS - timedelta(minutes=40)
            _gather(site, world, configured, now, week)
        issue = draft(site, "weekly", now=now)
        carried.update(_stories(world, [item.title for item in issue.shown_items]))
        out |= set(_stories(world, [entry.title for entry in issue.left_out]))
        _send(site, issue, now)
        say(f"{issue.name}: {len(issue.shown_items)} items, {len(issue.left_out)} left out")
    names = {story: name for name, story in world.names.items()}
    return Balance(
        stories=len(world.visible),
        carried=sum(1 for story in carried if carried[story] == 1),
        left_out=len((out & world.visible) - set(carried)),
        twice=[names[story] for story, count in carried.items() if count > 1],
        lost=[names[story] for story in world.visible - set(carried) - out],
    )


def year_site(folder: Path, feeds: int) -> Site:
    """A site of so many feeds, whose issues have room for all."""
    sources = "".join(
        f'[[newsletters.weekly.sources]]\nfeed = "https://site{n}.example/feed"\n'
        for n in range(feeds)
    )
    sections = '[[newsletters.weekly.sections]]\ntitle = "All"\nmax_items = 500\n\n'
    return make_site(folder, now=START - DAY, min_items=1, tables=sections + sources)


def _gather(
    site: Site, world: World, configured: Sequence[Configured], now: datetime, week: int
) -> None:
    with site.database.transaction() as connection:
        lock_newsletter(connection, "weekly", now)
        numbers = settle_sources(connection, "weekly", configured, now)[-len(world.feeds) :]
        for feed, number in zip(world.feeds, numbers, strict=True):
            found = world.shown(feed, now, week)
            keys: Counter[str] = Counter()
            distinct = []
            for article in found:
                keys[article.key] += 1
                distinct.append(replace(article, key=f"{article.key} {keys[article.key]}"))
            save_articles(connection, "weekly", number, distinct, now)


def _send(site: Site, issue: Issue, now: datetime) -> None:
    with site.database.transaction() as connection:
        issue_store.move(connection, issue, State.APPROVED, approved_at=now)
        approved = issue_store.find_issue(connection, "weekly", issue.number)
        issue_store.move(connection, approved, State.SENDING, send_started_at=now)
        issue_store.take_articles(connection, approved)
        advance_watermark(connection, "weekly", issue.window.end, closed=now)
        sending = issue_store.find_issue(connection, "weekly", issue.number)
        issue_store.move(connection, sending, State.SENT, send_finished_at=now)


def _stories(world: World, titles: Sequence[str]) -> list[int]:
    found = []
    for title in titles:
        found += [
            world.names[word] for word in title.replace(":", "").split() if word in world.names
        ]
    return found


def main() -> None:
    """Print the balance of a simulated year."""
    weeks, feeds = (int(number) for number in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        site = year_site(Path(folder), feeds)
        balance = simulate(site, weeks=weeks, feeds=feeds, say=print)
        site.database.close()
    print(balance)
    print("twice:", balance.twice, "lost:", balance.lost)


if __name__ == "__main__":
    main()
