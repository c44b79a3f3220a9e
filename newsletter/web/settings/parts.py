"""The parts of the settings that the desk shows, and the words of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a field is filled in, and which value it gives."""

    LINE = "line"
    NUMBER = "number"
    HOURS = "hours"
    CHECK = "check"
    CHOICE = "choice"
    LINES = "lines"
    DATES = "dates"
    SENDER = "sender"  # a name and an address
    SCHEDULE = "schedule"  # days and a time, or a pattern that the form keeps
    READERS_HOUR = "readers-hour"  # a time of each reader's own day
    POLICY = "policy"  # a choice, and hours
    LOOK = "look"  # a theme and one of its palettes
    SECTIONS = "sections"  # a row for each section


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field of a form; `key` is the setting that it gives. `note` is said below it.

    `needed` is what is said when it is empty; "" where it may be. `longest` is in characters.
    """

    key: str
    label: str
    kind: Kind = Kind.LINE
    note: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)
    needed: str = ""
    longest: int = 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A page of settings: fields of one table. `takes_effect` says from when they count."""

    key: str
    title: str
    fields: tuple[Field, ...]
    takes_effect: str


AT_ONCE = "It counts from now on."

SENDER = Part(
    key="sender",
    title="Name and sender",
    fields=(
        Field(key="title", label="Name of the newsletter", needed="Give the newsletter a name"),
        Field(key="tagline", label="A line below the name"),
        Field(key="from", label="Sender", kind=Kind.SENDER),
        Field(
            key="reply_to",
            label="Where replies go",
            note="Leave it empty for the sender's own address.",
        ),
    ),
    takes_effect=(
        "The sender counts from the next message on. An issue that is approved already keeps the name"
        " that was approved."
    ),
)

SCHEDULE = Part(
    key="schedule",
    title="Schedule",
    fields=(
        Field(key="schedule", label="Goes out", kind=Kind.SCHEDULE),
        Field(
            key="deliver",
            label="Time of each reader's own day",
            kind=Kind.READERS_HOUR,
            note="Such as 07:00: readers get an issue at the first 07:00 where they live after it is"
            " due. Empty: all get it at once.",
        ),
        Field(
            key="paused", label="Pause: no issue goes out by itself until this is cleared",
            kind=Kind.CHECK,
        ),
        Field(
            key="approval",
            label="When an issue is due",
            kind=Kind.CHOICE,
            choices={
                "auto": "It goes out by itself",
                "unless-commented": "It goes out by itself, unless a comment is open",
                "hold": "It waits until somebody approves it",
                "remind": "It waits, and these people are reminded by mail",
            },
        ),
        Field(
            key="editors", label="Who is reminded", kind=Kind.LINES, note="One address on a line."
        ),
        Field(key="remind", label="Hours before it is due", kind=Kind.HOURS),
        Field(
            key="on_source_failure",
            label="If sources cannot be read then",
            kind=Kind.POLICY,
            choices={
                "send": "Go out without them",
                "wait": "Wait for them, then go out",
                "hold": "Wait for a person",
            },
        ),
        Field(
            key="max_lateness",
            label="Hours late after which it waits for a person",
            kind=Kind.HOURS,
        ),
        Field(
            key="holidays",
            label="Days without an issue",
            kind=Kind.DATES,
            note="One date on a line, such as 2026-12-25. The next issue has their articles too.",
        ),
    ),
    takes_effect=AT_ONCE,
)  # fmt: skip

DAY = Part(key="day", title="Day and time", fields=SCHEDULE.fields[:1], takes_effect=AT_ONCE)
"""What the fourth step to a first issue asks of the schedule."""

LOOK = Part(
    key="look",
    title="Look",
    fields=(
        Field(key="theme", label="Theme and colours", kind=Kind.LOOK),
        Field(
            key="font",
            label="Font",
            kind=Kind.CHOICE,
            choices={"": "The theme's own", "sans": "Plain", "serif": "With serifs"},
        ),
        Field(
            key="density",
            label="Of each article",
            kind=Kind.CHOICE,
            choices={
                "": "As much as the theme shows",
                "compact": "The headline and a line or two",
                "headlines": "The headline alone",
            },
        ),
    ),
    takes_effect="An issue that is approved already keeps the look that was approved.",
)

ARTICLES = Part(
    key="articles",
    title="Articles and readers",
    fields=(
        Field(
            key="min_items",
            label="Fewest articles of an issue",
            kind=Kind.NUMBER,
            note="With fewer it is skipped, and its articles wait for the next.",
        ),
        Field(
            key="personalise",
            label="Readers get",
            kind=Kind.CHOICE,
            choices={"none": "Every article", "tags": "The articles of the subjects they follow"},
        ),
        Field(
            key="count_clicks",
            label="Count clicks, by link and day and never by reader",
            kind=Kind.CHECK,
        ),
        Field(
            key="welcome",
            label="A new reader gets",
            kind=Kind.CHOICE,
            choices={"issue": "The newest issue", "letter": "A short letter"},
        ),
        Field(
            key="suggestions",
            label="Readers may suggest articles, by a page and by mail",
            kind=Kind.CHECK,
        ),
        Field(
            key="segment",
            label="Only readers of whom this is true get it",
            note="Such as plan = 'gold' and tag:security. Leave it empty for everybody on the list.",
        ),
        Field(
            key="annotations",
            label="Let Gmail show pictures and headlines among promotions",
            kind=Kind.CHECK,
        ),
    ),
    takes_effect="It counts from the next approval on.",
)

SECTIONS = Part(
    key="sections",
    title="Sections",
    fields=(Field(key="sections", label="Sections", kind=Kind.SECTIONS),),
    takes_effect="It counts from the next draft on; what an editor placed stays where it is.",
)

OF_NEWSLETTER = {part.key: part for part in (SENDER, SCHEDULE, LOOK, SECTIONS, ARTICLES)}

SITE = Part(
    key="site",
    title="Address, language and time",
    fields=(
        Field(
            key="postal_address",
            label="Postal address at the end of every mail",
            needed="Write your postal address: mail to many readers must have one",
        ),
        Field(
            key="language",
            label="Language of the fixed words",
            kind=Kind.CHOICE,
            choices={
                "ar": "Arabic", "zh": "Chinese", "en": "English", "fr": "French",
                "de": "German", "es": "Spanish",
            },
            note="Mail takes it at once, the pages for readers when the server next starts.",
        ),
        Field(
            key="timezone",
            label="Time zone",
            note="Such as Europe/London. Schedules and dates are in it.",
            needed="Name a time zone",
        ),
        Field(
            key="allow_test",
            label="Who may get test messages",
            kind=Kind.LINES,
            note="One address on a line, or @ and a domain for everybody there.",
        ),
    ),
    takes_effect=AT_ONCE,
)  # fmt: skip

ADDRESS = Part(key="address", title="Postal address", fields=SITE.fields[:1], takes_effect=AT_ONCE)
"""What the first step to a first issue asks of the site."""

ALERTS = Part(
    key="alerts",
    title="Alerts",
    fields=(
        Field(
            key="mail",
            label="Who is told when something needs attention",
            kind=Kind.LINES,
            note="One address on a line. A problem is told once a day while it lasts.",
        ),
    ),
    takes_effect=AT_ONCE,
)

OF_SITE = {part.key: part for part in (SITE, ALERTS)}
PATHS = {"site": ("site",), "address": ("site",), "alerts": ("operators",)}
"""Where the values of these parts stand."""
