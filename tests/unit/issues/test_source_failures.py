"""What becomes of a due issue some of whose sources cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from newsletter.config.source_policy import SourceFailurePolicy, parse_policy
from newsletter.issues.reasons import (
    FailedSource,
    StateNote,
    StateReason,
    note_from_json,
    note_to_json,
)
from newsletter.issues.source_failures import DueIssue, source_failure_note
from newsletter.issues.wording import note_text

DUE = datetime(2026, 3, 9, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FULL = DueIssue(due=DUE, max_lateness=6 * HOUR, shown=5, least=3)
THIN = DueIssue(due=DUE, max_lateness=6 * HOUR, shown=2, least=3)
SEND, HOLD = SourceFailurePolicy(), SourceFailurePolicy(do="hold")
WAIT = SourceFailurePolicy(do="wait", wait=2 * HOUR)


def failed(since: datetime = DUE, name: str = "Harbour News") -> FailedSource:
    """A source that has failed since then."""
    return FailedSource(name=name, since=since, problem="it answers 503")


def note_of(
    policy: SourceFailurePolicy,
    *sources: FailedSource,
    issue: DueIssue = FULL,
    now: datetime = DUE,
) -> StateNote | None:
    """Why the issue is held."""
    return source_failure_note(policy, sources, issue, now=now)


@pytest.mark.parametrize("policy", [SEND, WAIT, HOLD])
def test_an_issue_whose_sources_are_well_is_not_held(policy: SourceFailurePolicy) -> None:
    """Even if it is too thin: then it is skipped."""
    assert note_of(policy) is None
    assert note_of(policy, issue=THIN) is None


def test_by_default_an_issue_is_sent_without_what_failed() -> None:
    """If it has enough."""
    assert note_of(SEND, failed()) is None


@pytest.mark.parametrize("policy", [SEND, WAIT, HOLD])
def test_an_issue_that_is_thin_for_its_sources_is_held(policy: SourceFailurePolicy) -> None:
    """Whatever the policy, and after every wait."""
    note = note_of(policy, failed(), issue=THIN, now=DUE + 5 * HOUR)
    assert note is not None
    assert (note.kind, note.count, note.least, note.until) == (
        StateReason.SOURCES_FAILED,
        2,
        3,
        None,
    )


def test_an_issue_waits_as_long_as_it_may() -> None:
    """For two hours, and never past max_lateness; then it is sent."""
    note = note_of(WAIT, failed(), now=DUE + 2 * HOUR - timedelta(minutes=1))
    assert note is not None
    assert note.until == DUE + 2 * HOUR
    assert note_of(WAIT, failed(), now=DUE + 2 * HOUR) is None
    longer = SourceFailurePolicy(do="wait", wait=9 * HOUR)
    assert note_of(longer, failed(), now=DUE + 6 * HOUR) is None


def test_no_issue_waits_for_a_source_that_has_failed_for_days() -> None:
    """Its operators know of it; the wait is for the other one."""
    assert note_of(WAIT, failed(DUE - 3 * DAY)) is None
    note = note_of(WAIT, failed(DUE - 3 * DAY, "Dead Letters"), failed())
    assert note is not None
    assert [source.name for source in note.sources] == ["Harbour News"]
    assert note_of(HOLD, failed(DUE - 3 * DAY)) is not None


def test_the_note_is_stored_as_a_value_and_said_in_words() -> None:
    """With the sources, since when they fail, and until when the issue waits."""
    note = note_of(WAIT, failed(), now=DUE + HOUR)
    assert note_from_json(note_to_json(note)) == note
    assert note_text(note) == (
        "waits until 2026-03-09 09:00 UTC for sources that cannot be read:"
        " Harbour News (since 2026-03-09 07:00 UTC)"
    )
    assert note_text(note_of(SEND, failed(), issue=THIN)).startswith(
        "2 of at least 3 articles; waits"
    )
    assert note_text(note_of(HOLD, failed())).startswith("waits for sources")


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("send", SEND),
        ("hold", HOLD),
        ("wait 2h", WAIT),
        ("wait 1h 30m", SourceFailurePolicy(do="wait", wait=1.5 * HOUR)),
    ],
)
def test_a_policy_is_written_as_a_word(text: str, policy: SourceFailurePolicy) -> None:
    """`send`, `hold`, or `wait` with a duration."""
    assert parse_policy(text) == policy


@pytest.mark.parametrize("text", ["", "wait", "wait 0m", "wait long", "send 2h", "hold on", "skip"])
def test_nothing_else_is_a_policy(text: str) -> None:
    """The error names what was written or is wrong with it."""
    with pytest.raises(ValueError, match="is not a"):
        parse_policy(text)
