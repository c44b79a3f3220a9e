"""Forms of settings: a setting becomes texts, texts become a setting, and the change is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.config.settings import NewsletterSettings, OperatorSettings, SiteSettings
from newsletter.config.table import Table
from newsletter.errors import ConfigurationError, InputError, Problem
from newsletter.web.settings.form import changed, settings_in, texts_of, told
from newsletter.web.settings.parts import OF_NEWSLETTER, OF_SITE, SCHEDULE, SENDER, Part
from newsletter.web.settings.schedule_form import (
    DAYS,
    next_dates,
    schedule_fields,
    schedule_in,
    schedule_text,
)
from newsletter.web.settings.typed import typed_settings
from newsletter.web.settings.words import friendly

NEWSLETTER: dict[str, Any] = {
    "title": "The Weekly",
    "from": "The Weekly <weekly@news.example.org>",
    "list": "weekly",
    "schedule": "0 7 * * mon",
}
SITE: dict[str, Any] = {"url": "https://news.example.org", "postal_address": "1 Example St"}
FULL: dict[str, Any] = {
    **NEWSLETTER,
    "from": '"Gear, Inc." <weekly@news.example.org>',
    "tagline": "Tools & trade",
    "reply_to": "desk@news.example.org",
    "schedule": "30 18 * * tue,fri",
    "deliver": "reader 06:30",
    "approval": "remind",
    "editors": ["ed@news.example.org", "jo@news.example.org"],
    "remind": "36h",
    "paused": True,
    "max_lateness": "90m",
    "on_source_failure": "wait 1h",
    "holidays": [date(2026, 12, 25)],
    "theme": "brick",
    "palette": "ocean",
    "font": "serif",
    "density": "compact",
    "min_items": 5,
    "personalise": "tags",
    "count_clicks": True,
    "annotations": True,
}


def table_of(part: Part, newsletter: dict[str, Any]) -> Table:
    """The settings that the part is about."""
    if part.key in OF_NEWSLETTER:
        return NewsletterSettings.model_validate(newsletter)
    if part.key == "alerts":
        return OperatorSettings.model_validate({"mail": ["ed@news.example.org"]})
    return SiteSettings.model_validate({**SITE, "allow_test": ["@news.example.org"]})


@pytest.mark.parametrize("newsletter", [NEWSLETTER, FULL], ids=["few", "all"])
@pytest.mark.parametrize("part", [*OF_NEWSLETTER.values(), *OF_SITE.values()], ids=lambda p: p.key)
def test_a_form_that_is_sent_as_it_was_shown_changes_nothing(
    part: Part, newsletter: dict[str, Any]
) -> None:
    """Whatever the settings are, written or left out."""
    before = settings_in(part, table_of(part, newsletter))
    typed = typed_settings(part, texts_of(part, before))
    assert changed(before, typed) == {}
    assert told(part, {}, before) == []


def test_changes_are_told_in_words() -> None:
    """Each with how it was and how it will be, without the name of a key."""
    before = settings_in(SCHEDULE, table_of(SCHEDULE, NEWSLETTER))
    texts = texts_of(SCHEDULE, before) | {
        "day_mon": "", "day_thu": "yes", "day_sun": "yes", "time": "06:05",
        "approval": "remind", "editors": "ed@news.example.org\n", "remind": "12",
        "on_source_failure": "wait", "on_source_failure_hours": "2", "holidays": "2026-12-25",
        "paused": "yes", "deliver": "7:00",
    }  # fmt: skip
    values = changed(before, typed_settings(SCHEDULE, texts))
    assert values == {
        "schedule": "5 6 * * thu,sun",
        "deliver": "reader 07:00",
        "paused": True,
        "approval": "remind",
        "editors": ["ed@news.example.org"],
        "remind": "12h",
        "on_source_failure": "wait 2h",
        "holidays": [date(2026, 12, 25)],
    }
    assert told(SCHEDULE, values, before) == [
        ("Goes out", "Mondays at 07:00", "Thursdays and Sundays at 06:05"),
        ("Time of each reader's own day", "At once", "07:00"),
        ("Pause", "No", "Yes"),
        (
            "When an issue is due",
            "It goes out by itself",
            "It waits, and these people are reminded by mail",
        ),
        ("Who is reminded", "Nothing", "ed@news.example.org"),
        ("Hours before it is due", "1d", "12h"),
        (
            "If sources cannot be read then",
            "Go out without them",
            "Wait for them, then go out, after 2h",
        ),
        ("Days without an issue", "Nothing", "2026-12-25"),
    ]


@pytest.mark.parametrize(
    ("part", "typed", "said"),
    [
        (SENDER, {"title": " "}, "give the newsletter a name"),
        (SENDER, {"title": "x" * 301}, "longer than 300"),
        (SENDER, {"sender_address": "nobody"}, "not an e-mail address"),
        (SENDER, {"sender_name": 'The "Best"'}, "does not allow in names"),
        (SENDER, {"sender_name": "Evil <a@b.example>, x"}, "does not allow in names"),
        (SENDER, {"sender_name": "a@b.example, me"}, "does not allow in names"),
        (SCHEDULE, {"day_mon": ""}, "no day is chosen"),
        (SCHEDULE, {"time": "25:00"}, "not a time"),
        (SCHEDULE, {"deliver": "25:00"}, "not a time of day"),
        (SCHEDULE, {"approval": "remind"}, "nobody to remind"),
        (SCHEDULE, {"approval": ""}, "nothing is chosen"),
        (SCHEDULE, {"editors": "ed@news.example.org\nnobody"}, "not an e-mail address"),
        (SCHEDULE, {"holidays": "Christmas"}, "not a date"),
        (SCHEDULE, {"remind": "soon"}, "not a number"),
        (SCHEDULE, {"on_source_failure": "wait"}, "how long to wait"),
    ],
)
def test_what_cannot_be_is_said(part: Part, typed: dict[str, str], said: str) -> None:
    """Before anything is looked up or written."""
    texts = texts_of(part, settings_in(part, table_of(part, NEWSLETTER)))
    with pytest.raises(InputError, match=said):
        typed_settings(part, texts | typed)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        ("0 7 * * mon", "Mondays at 07:00"),
        ("5 19 * * mon-fri", "Mondays, Tuesdays, Wednesdays, Thursdays and Fridays at 19:05"),
        ("0 0 * * *", "Every day at 00:00"),
        ("0 7 * * sat,sun", "Saturdays and Sundays at 07:00"),
        ("0 7 1 * *", "A pattern of its own (0 7 1 * *)"),
        ("0 7 * * sun-mon", "A pattern of its own (0 7 * * sun-mon)"),
        ("0 7 * * last", "A pattern of its own (0 7 * * last)"),
    ],
)
def test_a_schedule_in_words(schedule: str, said: str) -> None:
    """What the form cannot show is named as it is written, and kept."""
    assert schedule_text(schedule) == said
    kept = schedule_in(schedule_fields(schedule))
    assert schedule_text(kept) == said


@given(st.sets(st.sampled_from(list(DAYS)), min_size=1), st.integers(0, 23), st.integers(0, 59))
def test_days_and_a_time_come_back(days: set[str], hour: int, minute: int) -> None:
    """Every schedule that the form can make is shown as it was made."""
    texts = {f"day_{day}": "yes" for day in days} | {"time": f"{hour:02}:{minute:02}"}
    assert schedule_fields(schedule_in(texts)) == {"pattern": "", **texts}


def test_the_next_dates_leave_holidays_out_and_follow_the_clocks() -> None:
    """In the site's zone, with the same hour on both sides of a change of the clocks."""
    dates = next_dates(
        "0 7 * * mon",
        ZoneInfo("Europe/London"),
        datetime(2026, 3, 20, tzinfo=UTC),
        [date(2026, 4, 6)],
    )
    assert [f"{one:%d %b %H:%M %z}" for one in dates] == [
        "23 Mar 07:00 +0000",
        "30 Mar 07:00 +0100",
        "13 Apr 07:00 +0100",
        "20 Apr 07:00 +0100",
        "27 Apr 07:00 +0100",
    ]


def test_an_error_that_names_keys_is_told_in_other_words() -> None:
    """One without stays as it is."""
    named = ConfigurationError([Problem(message='"wait 9h" is not shorter than max_lateness, 6h')])
    assert friendly(named).problem.message == (
        "that does not fit the other settings, so nothing was saved"
    )
    plain = InputError("no day is chosen")
    assert friendly(plain) is plain
