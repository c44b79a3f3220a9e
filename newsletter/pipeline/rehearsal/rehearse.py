"""rehearse: let the coming weeks pass in simulated time, with a temporary database and a sink."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from pathlib import Path
from tempfile import TemporaryDirectory

from newsletter.delivery.loopback_sink import sink
from newsletter.delivery.rates.forecast import LONGEST, RelayDays, forecast_end
from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.due import due_times
from newsletter.issues.issue import Issue
from newsletter.pipeline.approve import approve, lint_findings, skip
from newsletter.pipeline.draft import draft_for
from newsletter.pipeline.rehearsal.past import (
    Past,
    begin,
    copy_past,
    load_past,
    mark_as_sent,
)
from newsletter.pipeline.rehearsal.replay import NEVER_READ, WEEK, original_key, replayed
from newsletter.pipeline.rehearsal.season import (
    RehearsedIssue,
    RehearsedSource,
    Season,
    Trouble,
)
from newsletter.pipeline.send import send
from newsletter.pipeline.site_on_sink import site_on_sink, subscribe_readers
from newsletter.rendering.html import encoded_size
from newsletter.rendering.lint.size import CLIPPED
from newsletter.site.editions import complete_group, render_for
from newsletter.site.readers_hour import mornings_of
from newsletter.site.site import Site
from newsletter.store.articles import StoryVersion, add_versions

OPEN_WINDOWS = timedelta(days=62)
"""How far before the past weeks articles may be that a coming issue can still have."""


def rehearse(
    site: Site,
    slugs: Sequence[str],
    *,
    weeks: int,
    past: int,
    now: datetime,
) -> Season:
    """Make and send every issue that is due in the coming weeks, from what sources brought before.

    The articles of the last `past` weeks come again in the coming ones (`replay.py`). Issues are
    drafted, checked, approved and sent by the functions that always do it, each at its due time,
    with a temporary database and to a sink on this machine. Editors are taken to approve in time.
    The site is only read, nothing is fetched, and nobody gets mail. A digest needs the issues of
    its newsletter, so that these are rehearsed with it.
    """
    chosen = _with_their_sources(site, slugs)
    known = load_past(site, chosen, past=past, now=now)
    end = now + weeks * WEEK
    with TemporaryDirectory(prefix="newsletter-rehearsal-") as name, sink() as port:
        copy = site_on_sink(
            site,
            Path(name).resolve(),
            port,
            connections=1,
            otherwise={"segment": None, "deliver": None},
        )
        try:
            copy_past(site, copy, since=now - past * WEEK - OPEN_WINDOWS)
            for slug in chosen:
                subscribe_readers(copy, slug, 2, now)
            begin(copy, chosen, now)
            stage = _Stage(site=site, copy=copy, known=known)
            stage.prepare(chosen, weeks=weeks, now=now)
            played = [
                stage.play(slug, due) for due, slug in _occasions(site, chosen, now=now, end=end)
            ]
        finally:
            copy.database.close()
    return Season(
        start=now,
        end=end,
        issues=tuple(issue for issue in played if issue is not None and issue.newsletter in slugs),
        sources=tuple(_sources(known, slugs, stage.carried)),
        paused=tuple(slug for slug in slugs if site.newsletter(slug).paused),
        rate=known.rate,
    )


def _with_their_sources(site: Site, slugs: Sequence[str]) -> list[str]:
    """The newsletters, each after the one that it is a digest of."""
    bases = [site.newsletter(slug).digest_of for slug in slugs]
    return list(dict.fromkeys([*(base for base in bases if base), *slugs]))


def _occasions(
    site: Site, slugs: Sequence[str], *, now: datetime, end: datetime
) -> list[tuple[datetime, str]]:
    """When which newsletter is due, in order; of several at one time the first in `slugs` first."""
    zone = site.settings.site.zone
    dues = []
    for place, slug in enumerate(slugs):
        newsletter = site.newsletter(slug)
        found = []
        for due in due_times(newsletter.schedule, zone, now, without=set(newsletter.holidays)):
            if due > end:
                break
            found.append((due, place, slug))
        dues.append([] if newsletter.paused else found)
    return [(due, slug) for due, _place, slug in merge(*dues)]


@dataclass(kw_only=True)
class _Stage:
    """The copy of the site as simulated time goes by.

    `free` is when the relays have handed over the last message of the issue before: two issues
    share them, and an issue is forecast as if it waited for the other.
    """

    site: Site
    copy: Site
    known: Past
    coming: dict[str, list[StoryVersion]] = field(default_factory=dict)
    carried: Counter[tuple[str, int]] = field(default_factory=Counter)
    days: RelayDays = field(default_factory=RelayDays)
    free: datetime | None = None

    def prepare(self, slugs: Sequence[str], *, weeks: int, now: datetime) -> None:
        """Calculate what the sources of each newsletter will bring."""
        for slug in slugs:
            found = replayed(
                self.known.versions[slug], self.known.habits[slug], weeks=weeks, now=now
            )
            self.coming[slug] = found[::-1]  # the next one is the last

    def play(self, slug: str, due: datetime) -> RehearsedIssue | None:
        """What becomes of the issue of that due time; None if it was served already."""
        self._bring(slug, due)
        issue = draft_for(self.copy, slug, due, now=due)
        if issue is None:
            return None
        newsletter = self.site.newsletter(slug)
        stories = len(issue.shown_items)
        octets, accepted = 0, 0
        blocking: list[str] = []
        troubles: list[Trouble] = []
        begins = max(due, self.free or due)
        ends = None
        if stories < newsletter.min_items:
            skip(self.copy, issue, note=issue.note)
            troubles.append(Trouble.THIN)
        else:
            octets, blocking = self._size_and_findings(issue)
            accepted = self._send(issue, due, is_blocked=bool(blocking))
            self._count_sources(issue)
            ends = self._forecast(slug, begins)
            if stories == newsletter.min_items:
                troubles.append(Trouble.NEARLY_THIN)
            if octets > CLIPPED:
                troubles.append(Trouble.CLIPPED)
            if set(blocking) - {"size"}:
                troubles.append(Trouble.BLOCKED)
            if max(begins, ends or begins) - due > newsletter.max_lateness:
                troubles.append(Trouble.LATE)
        return RehearsedIssue(
            newsletter=slug,
            number=issue.number,
            due=due,
            stories=stories,
            left_out=len(issue.left_out),
            octets=octets,
            readers=sum(self.known.readers[slug].values()),
            accepted=accepted,
            begins=begins,
            ends=ends,
            last_hour=self._last_hour(slug, due),
            troubles=tuple(troubles),
            blocking=tuple(blocking),
        )

    def _last_hour(self, slug: str, due: datetime) -> datetime | None:
        """When the last readers have the hour of their day at which they get the issue."""
        moments_of = mornings_of(self.site, slug, start=due)
        return max(moments_of(self.known.zones[slug]).values()) if moments_of else None

    def _bring(self, slug: str, due: datetime) -> None:
        """Give the newsletter what has appeared by then."""
        coming, appeared = self.coming[slug], []
        while coming and coming[-1].first_seen <= due:
            appeared.append(coming.pop())
        with self.copy.database.transaction() as connection:
            add_versions(connection, slug, appeared)

    def _size_and_findings(self, issue: Issue) -> tuple[int, list[str]]:
        edition = render_for(self.copy, issue, complete_group(self.copy, issue))
        found = lint_findings(self.copy, issue, [edition])
        blocking = {finding.rule for finding in found if finding.severity == "blocking"}
        return encoded_size(edition.html), sorted(blocking)

    def _send(self, issue: Issue, due: datetime, *, is_blocked: bool) -> int:
        """Send the issue to the sink; one that the lint blocks is taken to be sent once it is mended."""
        if is_blocked:
            mark_as_sent(self.copy, issue, due)
            return 0
        approve(self.copy, issue.newsletter, issue.number, now=due)
        outcome = send(self.copy, issue.newsletter, issue.number, clock=lambda: due, processes=1)
        return outcome.counts.get(DeliveryState.ACCEPTED, 0)

    def _count_sources(self, issue: Issue) -> None:
        numbers = self.known.sources_of_stories
        for item in issue.shown_items:
            told = {original_key(key) for key in item.article.keys}
            for source in {number for key in told for number in numbers.get(key, ())}:
                self.carried[issue.newsletter, source] += 1

    def _forecast(self, slug: str, begins: datetime) -> datetime | None:
        relays = self.site.settings.relays
        readers: Mapping[str, int] = self.known.readers[slug]
        if not readers or not (self.known.rate or all(relay.rate for relay in relays)):
            return None
        ends = forecast_end(
            readers,
            relays,
            start=begins,
            zone=self.site.settings.site.zone,
            unlimited=self.known.rate or float("inf"),
            days=self.days,
        )
        self.free = ends or begins + LONGEST
        return self.free


def _sources(
    known: Past, slugs: Sequence[str], carried: Mapping[tuple[str, int], int]
) -> list[RehearsedSource]:
    return [
        RehearsedSource(
            newsletter=slug,
            location=source.location,
            name=source.name,
            habit=known.habits[slug].get(source.number or 0, NEVER_READ),
            carried=carried.get((slug, source.number or 0), 0),
        )
        for slug in slugs
        for source in known.sources[slug]
    ]
