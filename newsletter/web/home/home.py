"""What the first page of the desk says of a newsletter, from values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import OPEN_STATES, Issue, State
from newsletter.issues.reasons import FailedSource
from subscribers.growth import DayOfGrowth

GROWTH_DAYS = 30
"""The days of which the page tells the growth."""

BOUNCES_DAYS = 35
"""A week, and the four weeks before with which its bounces are compared."""

FEWEST_BOUNCES = 10
"""Fewer bounces in a week are not worth a person's time."""


MOST_UNKNOWN = 5
"""Issues with unknown deliveries that are named at once, the newest."""


class Need(StrEnum):
    """What needs a person, the most urgent first."""

    STOPPED = "stopped"
    HELD = "held"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"  # the issue has mistakes with which it cannot be approved
    ASKED = "asked"
    COMMENTS = "comments"
    SOURCES = "sources"
    BOUNCES = "bounces"


class Step(StrEnum):
    """The steps to a first issue, in their order."""

    SENDER = "sender"
    SOURCES = "sources"
    READERS = "readers"
    LOOK = "look"
    TEST = "test"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """How many findings the checks of an issue have."""

    blocking: int = 0
    warnings: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SentIssue:
    """An issue that is being sent, or was, with the counts of its ledger."""

    issue: Issue
    audience: int = 0
    deliveries: Mapping[DeliveryState, int]

    def count(self, state: DeliveryState) -> int:
        """Its deliveries in that state."""
        return self.deliveries.get(state, 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterFacts:
    """What is known of a newsletter. `days` end today; `past` has the newest issue first.

    `unknown` are the issues with deliveries whose outcome is unknown, by number. `checked` is None
    where the coming issue cannot be rendered. `done` are the steps that are known to be done.
    """

    slug: str
    title: str
    paused: bool
    goes_out: datetime
    coming: Issue | None
    checked: Checked | None
    comments: int
    is_asked: bool
    sources: int
    failed_sources: Sequence[FailedSource]
    readers: int
    by_feed_alone: int
    is_selective: bool
    days: Sequence[DayOfGrowth]
    past: Sequence[SentIssue]
    unknown: Mapping[int, int]
    has_gone_out: bool
    done: frozenset[Step]


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """Something that waits for a person: of which issue, and how many, or which sources."""

    need: Need
    issue: int = 0
    count: int = 0
    sources: tuple[FailedSource, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Growth:
    """Who came and who left in the last GROWTH_DAYS days."""

    joined: int
    left: int

    @property
    def net(self) -> int:
        """By how many the list grew."""
        return self.joined - self.left


@dataclass(frozen=True, kw_only=True, slots=True)
class NewsletterHome:
    """One newsletter on the page. `running` are its sends under way, `steps` those to its first issue.

    `steps` tell which are done, and are empty once an issue went out.
    """

    facts: NewsletterFacts
    tasks: tuple[Task, ...]
    running: tuple[SentIssue, ...]
    past: tuple[SentIssue, ...]
    last: SentIssue | None
    growth: Growth
    steps: Mapping[Step, bool]

    @property
    def next_step(self) -> Step | None:
        """The first step that is not done."""
        return next((step for step, is_done in self.steps.items() if not is_done), None)


def home_of(facts: NewsletterFacts) -> NewsletterHome:
    """What the page shows of the newsletter."""
    running = [one for one in facts.past if one.issue.state in (State.SENDING, State.STOPPED)]
    past = [one for one in facts.past if one not in running and one.issue.state not in OPEN_STATES]
    return NewsletterHome(
        facts=facts,
        tasks=tuple(_tasks(facts, running)),
        running=tuple(running),
        past=tuple(past),
        last=next((one for one in past if one.issue.state is State.SENT), None),
        growth=_growth(facts.days),
        steps={} if facts.has_gone_out else {step: step in facts.done for step in Step},
    )


def unusual_bounces(days: Sequence[DayOfGrowth]) -> int:
    """The bounces of the last seven days if they are more than twice a usual week's; else 0."""
    counts = [sum(day.bounces.values()) for day in days[-BOUNCES_DAYS:]]
    week, before = sum(counts[-7:]), counts[:-7]
    usual = sum(before) / len(before) * 7 if before else 0.0
    return week if week >= FEWEST_BOUNCES and week > 2 * usual else 0


def _tasks(facts: NewsletterFacts, running: Sequence[SentIssue]) -> list[Task]:
    coming = facts.coming
    found = [
        Task(need=Need.STOPPED, issue=one.issue.number)
        for one in running
        if one.issue.state is State.STOPPED
    ]
    if coming is not None and coming.state is State.HELD:
        found.append(Task(need=Need.HELD, issue=coming.number))
    found += [
        Task(need=Need.UNKNOWN, issue=number, count=count)
        for number, count in sorted(facts.unknown.items(), reverse=True)[:MOST_UNKNOWN]
    ]
    if coming is not None:
        found += _about_coming(facts, coming)
    if facts.failed_sources:
        sources = tuple(facts.failed_sources)
        found.append(Task(need=Need.SOURCES, count=len(sources), sources=sources))
    if bounces := unusual_bounces(facts.days):
        found.append(Task(need=Need.BOUNCES, count=bounces))
    return found


def _about_coming(facts: NewsletterFacts, coming: Issue) -> list[Task]:
    blocking = facts.checked.blocking if facts.checked else 0
    wanted = (
        (Need.BLOCKED, blocking),
        (Need.ASKED, int(facts.is_asked and coming.state is not State.APPROVED)),
        (Need.COMMENTS, facts.comments),
    )
    return [Task(need=need, issue=coming.number, count=count) for need, count in wanted if count]


def _growth(days: Sequence[DayOfGrowth]) -> Growth:
    shown = days[-GROWTH_DAYS:]
    return Growth(joined=sum(day.joined for day in shown), left=sum(day.gone for day in shown))


def due_in(goes_out: datetime, now: datetime) -> str:
    """How far away that is, such as "in 3 days"; "now due" once it has come."""
    away = goes_out - now
    if away <= timedelta():
        return "due now"
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        number = round(away / length)
        if away >= length:
            return f"in {number} {unit}{'s' if number > 1 else ''}"
    return f"in {max(1, round(away / timedelta(minutes=1)))} min"
