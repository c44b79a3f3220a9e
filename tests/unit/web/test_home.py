"""What the desk's first page says of a newsletter, from values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from newsletter.delivery.receipt import DeliveryState
from newsletter.issues.issue import State
from newsletter.issues.reasons import FailedSource
from newsletter.web.home.facts import is_nobodys
from newsletter.web.home.home import (
    Checked,
    Need,
    NewsletterFacts,
    SentIssue,
    Step,
    Task,
    due_in,
    home_of,
    unusual_bounces,
)
from newsletter.web.home.words import STEPS, task_link, task_text
from subscribers.growth import DayOfGrowth
from tests.factories.issues import DUE, make_issue

DEAD = FailedSource(name="Harbour News", since=DUE - timedelta(days=3), problem="it answered 404")


def days(*bounces: int) -> list[DayOfGrowth]:
    """Days with so many bounces, the last of them today."""
    first = date(2025, 3, 9) - timedelta(days=len(bounces) - 1)
    return [
        DayOfGrowth(day=first + timedelta(days=n), bounces={"hard": count}, confirmed=1)
        for n, count in enumerate(bounces)
    ]


def facts(**changes: Any) -> NewsletterFacts:
    """A newsletter about which there is nothing to do."""
    values: dict[str, Any] = {
        "slug": "weekly",
        "title": "The Weekly",
        "paused": False,
        "goes_out": DUE,
        "coming": make_issue(number=3),
        "checked": Checked(),
        "comments": 0,
        "is_asked": False,
        "sources": 2,
        "failed_sources": (),
        "readers": 350,
        "by_feed_alone": 0,
        "is_selective": False,
        "days": days(*[0] * 35),
        "past": (),
        "unknown": {},
        "has_gone_out": True,
        "done": frozenset(),
    }
    return NewsletterFacts(**{**values, **changes})


def sent(number: int, state: State, **deliveries: int) -> SentIssue:
    """An issue in this state, with so many deliveries in each of theirs."""
    return SentIssue(
        issue=replace(make_issue(number=number), state=state),
        audience=sum(deliveries.values()),
        deliveries={DeliveryState(name): count for name, count in deliveries.items()},
    )


def test_nothing_to_do_is_nothing_said() -> None:
    """No task and no step, and the growth of the last thirty of the days."""
    home = home_of(facts())
    assert (home.tasks, dict(home.steps), home.next_step, home.last) == ((), {}, None, None)
    assert (home.growth.joined, home.growth.left, home.growth.net) == (30, 0, 30)


def test_what_needs_a_person_comes_with_the_most_urgent_first() -> None:
    """Each once, with the issue and the number that it is about."""
    home = home_of(
        facts(
            coming=replace(make_issue(number=3), state=State.HELD),
            checked=Checked(blocking=1, warnings=4),
            comments=2,
            is_asked=True,
            failed_sources=(DEAD,),
            days=days(*[1] * 28, *[2] * 7),
            past=(sent(2, State.STOPPED, pending=5), sent(1, State.SENT, accepted=9, unknown=1)),
            unknown={1: 1},
        )
    )
    assert home.tasks == (
        Task(need=Need.STOPPED, issue=2),
        Task(need=Need.HELD, issue=3),
        Task(need=Need.UNKNOWN, issue=1, count=1),
        Task(need=Need.BLOCKED, issue=3, count=1),
        Task(need=Need.ASKED, issue=3, count=1),
        Task(need=Need.COMMENTS, issue=3, count=2),
        Task(need=Need.SOURCES, count=1, sources=(DEAD,)),
    )
    assert [one.issue.number for one in home.running] == [2]
    assert [one.issue.number for one in home.past] == [1]
    assert home.last is not None
    assert home.last.count(DeliveryState.ACCEPTED) == 9


def test_only_the_newest_issues_with_unknown_deliveries_are_named() -> None:
    """Old ones come when those are settled; the page stays short."""
    tasks = home_of(facts(unknown=dict.fromkeys(range(1, 300), 2))).tasks
    assert [task.issue for task in tasks] == [299, 298, 297, 296, 295]


def test_an_approved_issue_is_not_asked_to_be_approved() -> None:
    """What was asked for was done."""
    approved = replace(make_issue(number=3), state=State.APPROVED)
    assert home_of(facts(coming=approved, is_asked=True)).tasks == ()


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([0] * 35, 0),
        ([0] * 28 + [1] * 7, 0),  # too few to matter
        ([0] * 28 + [2] * 7, 14),
        ([10] * 28 + [20] * 7, 0),  # twice as many as usual, and not more
        ([10] * 28 + [20] * 6 + [21], 141),
        ([5, 5], 10),  # a new list has no usual week
        ([], 0),
    ],
)
def test_bounces_are_told_when_they_are_more_than_twice_a_usual_week_s(
    counts: list[int], found: int
) -> None:
    """Compared with the four weeks before."""
    assert unusual_bounces(days(*counts)) == found


def test_the_steps_to_a_first_issue_end_when_one_went_out() -> None:
    """Before, they say which are done, and which is next."""
    home = home_of(facts(has_gone_out=False, done=frozenset({Step.SENDER, Step.READERS})))
    assert list(home.steps) == list(Step) == list(STEPS)
    assert home.next_step is Step.SOURCES
    assert home_of(facts(has_gone_out=False, done=frozenset(Step))).next_step is None


def test_every_need_has_words_and_a_page() -> None:
    """One sentence each, in the singular and in the plural, without a name of a setting."""
    for need in Need:
        for count in (1, 1200):
            task = Task(need=need, issue=7, count=count, sources=(DEAD,) * min(count, 3))
            said = task_text(task)
            assert said[0].isupper() or said[0].isdigit()
            assert not said.endswith(".")
            assert "_" not in said
            assert task_link(task, "weekly")[0].startswith("/")
    comments = Task(need=Need.COMMENTS, issue=7, count=1)
    assert task_text(comments) == "1 comment on No. 7 waits for an answer"
    assert task_link(comments, "weekly") == ("/desk/weekly/7#comments", "Read")


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(days=6, hours=20), "in 7 days"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(hours=2), "in 2 hours"),
        (timedelta(minutes=59), "in 59 min"),
        (timedelta(seconds=5), "in 1 min"),
        (timedelta(), "due now"),
        (timedelta(days=-1), "due now"),
    ],
)
def test_how_far_away_the_next_issue_is(away: timedelta, said: str) -> None:
    """In its largest unit."""
    assert due_in(DUE + away, DUE) == said


@pytest.mark.parametrize(
    ("domain", "is_one"),
    [
        ("news.example.org", True),
        ("EXAMPLE.com.", True),
        ("mail.test", True),
        ("counterexample.org", False),
        ("news.harbour.co.nz", False),
    ],
)
def test_domains_for_examples_are_nobody_s(domain: str, is_one: bool) -> None:
    """A sender at one has not been chosen yet (RFC 2606)."""
    assert is_nobodys(domain) is is_one
