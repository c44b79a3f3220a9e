from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from starlette.datastructures import FormData

from newsletter.config.settings import SourceSettings
from newsletter.errors import InputError
from newsletter.store.source_health import SourceHealth
from newsletter.web.people.growth_plot import HEIGHT, draw_growth, periods_of
from newsletter.web.people.query import people_query
from newsletter.web.people.words import event_words, why_mailed
from newsletter.web.sources.source_form import fields_of, values_in
from newsletter.web.sources.words import ago, state_of
from subscribers.growth import DayOfGrowth
from subscribers.history import Event, Way

NOW = datetime(2026, 3, 5, 10, tzinfo=UTC)


def known(**changes: Any) -> dict[str, Any]:
    """What is known of an address, as `explain` answers."""
    return {
        "mailed": [], "suppressions": [], "subscriptions": [], "paused_until": None, "feeds": [],
        **changes,
    }  # fmt: skip


def by_feed(slug: str, use: str = "alone") -> dict[str, Any]:
    """A private feed."""
    return {"list": slug, "use": use, "made_at": NOW.isoformat()}


def held(status: str, slug: str = "weekly", *, closed: bool = False) -> dict[str, Any]:
    """One subscription."""
    return {"list": slug, "status": status, "closed": closed}


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (known(mailed=["weekly"]), "Gets every issue of weekly."),
        (known(mailed=["weekly"], feeds=[by_feed("weekly", "beside")]), "Gets every issue of weekly."),
        (known(mailed=["weekly"], feeds=[by_feed("daily")]), "Gets every issue of weekly; reads daily by private feed alone."),
        (known(feeds=[by_feed("daily")]), "Gets no issues by mail: reads daily by private feed alone."),
        (known(), "Gets no mail: on no list."),
        (known(subscriptions=[held("pending")]), "Gets no mail yet: has not confirmed the subscription to weekly."),
        (known(subscriptions=[held("unsubscribed"), held("bounced", "daily")]), "Gets no mail: unsubscribed from weekly, mail bounced for daily."),
        (known(subscriptions=[held("complained")]), "Gets no mail: marked as spam an issue of weekly."),
        (known(paused_until="2026-04-01T00:00:00+00:00"), "Gets no mail until 2026-04-01: paused by the reader."),
        (known(suppressions=[{"pattern": "@example.org", "reason": "a trap"}]), "Gets no mail: everybody at example.org is blocked (a trap)."),
        (known(suppressions=[{"pattern": None, "reason": "erased"}]), "Gets no mail: this address is blocked (erased)."),
        (known(subscriptions=[held("active", closed=True)]), "Gets no mail: on no list."),
    ],
)  # fmt: skip
def test_one_sentence_says_why_somebody_gets_mail_or_not(
    what: dict[str, Any], sentence: str
) -> None:
    """The first reason that an editor can do something about."""
    assert why_mailed(what)[1] == sentence


def test_every_event_and_way_has_words() -> None:
    """No value of the database is shown as it is stored."""
    for event in Event:
        for way in Way:
            words = event_words({"event": event.value, "way": way.value})
            assert words[0].isupper()
            assert "-" not in words.replace("sign-up", "")


def test_a_search_that_begins_with_at_is_a_domain() -> None:
    """Everybody at a domain; and what is not a status, or not a number, is left out."""
    query = people_query({"q": "@example.org", "status": "rich", "before": "x", "list": "weekly"})
    assert (query.q, query.domain, query.status, query.before) == ("", "@example.org", "", None)
    assert people_query({}, only_list="weekly").list == "weekly"
    assert people_query({"q": " a\x00b  c "}).q == "ab c"
    assert query.address(before=7) == "list=weekly&domain=%40example.org&before=7"


def day(number: int, *, confirmed: int = 0, **values: Any) -> DayOfGrowth:
    """A day of March."""
    return DayOfGrowth(day=date(2026, 3, 1) + timedelta(days=number), confirmed=confirmed, **values)


def test_growth_is_drawn_on_one_scale() -> None:
    """Nine up and one down: zero stands at nine tenths, and each bar has its share."""
    days = [day(0, confirmed=9), day(1, left={"one-click": 1}), day(2, added={"import": 3})]
    plot = draw_growth(periods_of(days))
    assert plot is not None
    assert plot.zero == HEIGHT * 0.9
    assert [(bar.up, bar.down) for bar in plot.bars] == [(234.0, 0.0), (0.0, 26.0), (78.0, 0.0)]
    assert [label for _y, label in plot.ticks] == ["9", "0", "−1"]


def test_a_long_time_is_shown_by_weeks_that_end_with_the_last_day() -> None:
    """Nothing is lost at the beginning, where a week is short."""
    days = [day(number, confirmed=1) for number in range(90)]
    periods = periods_of(days)
    assert len(periods) == 13
    assert sum(period.joined.total() for period in periods) == 90
    assert (periods[-1].last, periods[0].last - periods[0].first) == (
        days[-1].day,
        timedelta(days=5),
    )
    assert periods[-1].label == "23–29 May"


def test_nothing_is_drawn_of_nothing() -> None:
    """Days on which nobody came or went, and no days at all."""
    assert draw_growth(periods_of([day(0)])) is None
    assert draw_growth(()) is None


def test_a_source_s_form_gives_back_what_it_showed() -> None:
    """Fields to values to settings to fields."""
    source = SourceSettings.model_validate(
        {"feed": "https://a.example/feed", "name": "A", "tags": ["x", "y"], "include": ["a b", "/c/"],
         "exclude": ["d"], "max_items": 3, "max_age": "2d", "follow": True, "every": "1h"}
    )  # fmt: skip
    values = values_in(FormData(fields_of(source)))
    again = SourceSettings.model_validate({"feed": "https://a.example/feed", **values})
    assert again == source
    assert set(values_in(FormData({})).values()) == {None}


@pytest.mark.parametrize("given", ["0", "-1", "three", "１", "999999", "1.5"])
def test_a_number_that_is_none_is_said(given: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(InputError, match="is not a number of articles"):
        values_in(FormData({"most": given}))


def test_a_source_s_state_says_what_matters_first() -> None:
    """Paused, not read, failing, quiet, fine."""
    source = SourceSettings.model_validate({"feed": "https://a.example/feed"})
    health = SourceHealth(newsletter="weekly", location="x", checked_at=NOW, newest=NOW)
    old = SourceHealth(
        newsletter="weekly", location="x", checked_at=NOW, newest=NOW - timedelta(days=31)
    )
    failing = SourceHealth(newsletter="weekly", location="x", checked_at=NOW, failing_since=NOW)
    assert state_of(source.model_copy(update={"paused": True}), failing, NOW) == "paused"
    assert [state_of(source, one, NOW) for one in (None, failing, old, health)] == [
        "new", "failing", "quiet", "fine",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=20), "a moment ago"),
        (timedelta(minutes=5), "5 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=3), "3 days ago"),
        (-timedelta(days=3), "a moment ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(back: timedelta, words: str) -> None:
    """Whatever a clock that was set back makes of it."""
    assert ago(NOW - back, NOW) == words
