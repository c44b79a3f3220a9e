"""What the operators are told about sources, each thing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from newsletter.jobs.operator_mail import OperatorAlert
from newsletter.jobs.source_alerts import NamedHealth, source_alerts
from newsletter.store.operator_alerts import Told, is_due
from newsletter.store.source_health import SourceHealth

NOW = datetime(2026, 3, 9, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
URL = "https://news.example/rss"


def source(*, every: timedelta | None = None, **health: Any) -> NamedHealth:
    """A source that was read now, unless `health` says else."""
    found = {"checked_at": NOW, "succeeded_at": NOW, **health}
    return NamedHealth(
        name="Harbour News",
        every=every,
        health=SourceHealth(newsletter="weekly", location=URL, **found),
    )


def letters(one: NamedHealth, told: dict[str, Told], now: datetime = NOW) -> list[OperatorAlert]:
    """The alerts that become letters; remembers that they were told."""
    due = []
    for alert in source_alerts([one], told, now=now):
        if is_due(told.get(alert.key), alert.kind, now, alert.again_after):
            told[alert.key] = Told(at=now, problem=alert.kind)
            due.append(alert)
    return due


def test_a_source_that_fails_for_three_days_is_told_once_and_once_when_it_is_back() -> None:
    """With how long it was away; and a later failure is told anew."""
    told: dict[str, Told] = {}
    since = NOW - 2 * DAY
    failing = source(failing_since=since, problem="it answers 404", succeeded_at=None)
    assert letters(failing, told) == []
    (alert,) = letters(failing, told, NOW + DAY)
    assert "has not been readable since 2026-03-07 07:00 UTC: it answers 404" in alert.message
    assert letters(failing, told, NOW + 30 * DAY) == []
    back = source(succeeded_at=since + 5 * DAY + HOUR)
    (news,) = letters(back, told, NOW + 30 * DAY)
    assert "it was away for 5d 1h" in news.message
    assert news.is_news
    assert letters(back, told, NOW + 60 * DAY) == []
    again = source(failing_since=NOW + 80 * DAY, problem="it answers 404")
    assert len(letters(again, told, NOW + 90 * DAY)) == 1


def test_a_source_that_is_back_before_anybody_was_told_is_not_told() -> None:
    """An hour of failure is nobody's trouble."""
    told: dict[str, Told] = {}
    assert letters(source(failing_since=NOW - HOUR, problem="it answers 503"), told) == []
    assert letters(source(), told) == []


def test_a_permanent_redirect_is_told_once() -> None:
    """And again where it leads somewhere else; a password in the address is not told."""
    told: dict[str, Told] = {}
    moved = source(moved_to="https://reader:secret@new.example/rss")
    (alert,) = letters(moved, told)
    assert "https://new.example/rss" in alert.fix
    assert "secret" not in repr(alert)
    assert letters(moved, told, NOW + 90 * DAY) == []
    assert len(letters(source(moved_to="https://newer.example/rss"), told)) == 1


def test_a_feed_that_turned_over_is_told_with_a_better_pace() -> None:
    """The one that it has by now, or a quarter of the one that newsletter.toml sets."""
    turned = source(turned_over_at=NOW, interval=timedelta(minutes=30))
    (alert,) = letters(turned, {})
    assert "stories may have been missed" in alert.message
    assert 'every = "30m"' in alert.fix
    (fixed,) = letters(source(turned_over_at=NOW, every=4 * HOUR), {})
    assert 'every = "1h"' in fixed.fix
