"""What the API returns about a rehearsal of the coming weeks."""

from __future__ import annotations

from datetime import datetime

from newsletter.web.api.models import Given


class RehearsedIssueDocument(Given):
    """An issue as it would be; `troubles` are thin, nearly_thin, clipped, blocked and late.

    `octets` is the size of its largest edition's HTML; `ends` and `seconds` are null if nothing says
    how fast the relays are; `last_hour` is null if all readers get it at once.
    """

    issue: str
    due: datetime
    stories: int
    left_out: int
    octets: int
    readers: int
    accepted: int
    begins: datetime
    ends: datetime | None
    last_hour: datetime | None
    seconds: float | None
    troubles: tuple[str, ...]
    blocking: tuple[str, ...]


class RehearsedSourceDocument(Given):
    """What a source brought in each past week, the newest last, and in how many stories it is.

    `flow` is steady, silent or dry.
    """

    newsletter: str
    location: str
    name: str
    weeks: tuple[int, ...]
    last: datetime | None
    carried: int
    flow: str


class SeasonDocument(Given):
    """The rehearsed weeks; `rate` is the messages a second that relays without a limit take."""

    start: datetime
    end: datetime
    rate: float | None
    paused: tuple[str, ...]
    issues: tuple[RehearsedIssueDocument, ...]
    sources: tuple[RehearsedSourceDocument, ...]


class RehearsalDocument(Given):
    """The last rehearsal of a newsletter.

    `season` is null while it is under way, and if it ended without a result: `problem` says why.
    """

    newsletter: str
    weeks: int
    asked_at: datetime
    is_running: bool
    problem: str | None
    season: SeasonDocument | None


class RehearsalAsked(Given):
    """A rehearsal that has begun, or was under way already."""

    newsletter: str
