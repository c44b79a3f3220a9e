"""A newsletter as newsletter.toml describes it: its sections, its sources, its policies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from newsletter.config.durations import Duration
from newsletter.config.schedules import Schedule
from newsletter.config.sender import Sender
from newsletter.config.table import Mailbox, Slug, Table, Text, WebAddress

SOONEST = Duration(minutes=15)
"""More often than this no source is read by itself."""


def _usable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns that can be looked for: none is empty, and expressions can be read."""
    import regex  # only a site with expressions needs it

    for pattern in patterns:
        if not pattern.strip() or pattern in ("/", "//", "tag:"):
            raise ValueError(
                f"{pattern!r} would find nothing; write a word, /a pattern/ or tag:name"
            )
        if pattern.startswith("/") and pattern.endswith("/"):
            try:
                regex.compile(pattern[1:-1])
            except regex.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return patterns


Patterns = Annotated[tuple[str, ...], AfterValidator(_usable)]
"""Words, /regular expressions/ or tag:names."""


class SectionSettings(Table):
    """[[newsletters.NAME.sections]]: a titled part of the issue, filled by tags.

    Sections stand in the issue in the order of the file.
    """

    title: Text
    """What stands over it."""
    tags: tuple[str, ...] = ()
    """Empty: takes what no other section took."""
    max_items: int = Field(default=6, ge=1)
    """Articles at most."""
    include: Patterns = ()
    """Takes only what one of these finds: words, `/patterns/` or `tag:name`."""
    exclude: Patterns = ()
    """Takes nothing that one of these finds."""
    max_age: Duration | None = None
    """Takes nothing published longer ago, as of the draft."""


class SourceSettings(Table):
    """[[newsletters.NAME.sources]]: one place that articles come from.

    Exactly one of `feed`, `page`, `textdump` and `folder`. See
    [Choose sources](how-to/choose-sources.md).
    """

    feed: WebAddress | None = None
    """The address of a feed: RSS, Atom, RDF or JSON Feed."""
    page: str | None = None
    """The address of a web page, or a saved one."""
    textdump: str | None = None
    """An article page copied as plain text."""
    folder: str | None = None
    """A folder of Markdown files with front matter."""
    name: str | None = None
    """How readers see the source. Unset: its own title."""
    tags: tuple[str, ...] = ()
    """Added to each article."""
    include: Patterns = ()
    """Only what one of these finds, in title, tags, author or address: words, `/patterns/`, `tag:name`."""
    exclude: Patterns = ()
    """Nothing that one of these finds."""
    max_items: int | None = Field(default=None, ge=1)
    """Articles in one issue at most."""
    max_age: Duration | None = None
    """Nothing published longer ago, as of the draft."""
    every: Duration | None = None
    """How often it is read between issues: `15m` or longer. Unset: by how often it changes."""

    @field_validator("every")
    @classmethod
    def not_too_often(cls, every: Duration | None) -> Duration | None:
        """A source is somebody's server."""
        if every is not None and every < SOONEST:
            raise ValueError("a source is read every 15 minutes at most; write 15m or longer")
        return every

    @model_validator(mode="after")
    def one_place(self) -> SourceSettings:
        """Exactly one of the four kinds is named."""
        named = [kind for kind in ("feed", "page", "textdump", "folder") if getattr(self, kind)]
        if len(named) != 1:
            raise ValueError(
                f"name exactly one of feed, page, textdump and folder (here: {', '.join(named) or 'none'})"
            )
        return self

    @property
    def kind(self) -> Literal["feed", "page", "textdump", "folder"]:
        """Which of the four kinds this source is."""
        if self.feed:
            return "feed"
        if self.page:
            return "page"
        return "textdump" if self.textdump else "folder"

    @property
    def location(self) -> str:
        """The URL, or the path as written (relative to the site's folder)."""
        return self.feed or self.page or self.textdump or self.folder or ""


class NewsletterSettings(Table):
    """[newsletters.NAME]: one publication.

    How issues look is told in [Themes](themes.md), who gets which in
    [Send every week](how-to/send-every-week.md).
    """

    title: Text
    """The newsletter's name."""
    tagline: str = ""
    """A line under the title in the masthead."""
    sender: Sender = Field(alias="from")
    """`Name <user@host>`."""
    reply_to: Mailbox | None = None
    """Where answers go. Unset: to the sender."""
    list: Slug
    """Whose subscribers get it."""
    schedule: Schedule
    """Five cron fields, days of the week by name, once a day at most: `0 7 * * mon`."""
    approval: Literal["auto", "hold", "remind"] = "auto"
    """`auto`: due issues go out; `hold`: they wait for an editor; `remind`: they wait, and the editors are written to."""
    paused: bool = False
    """`run` leaves it alone; whatever comes due meanwhile is passed over."""
    holidays: tuple[date, ...] = ()
    """Dates without an issue: its window stays open, the next one has its articles."""
    editors: tuple[Mailbox, ...] = ()
    """Whom `approval = "remind"` writes to."""
    remind: Duration = Duration(hours=24)
    """How long before an issue is due its editors are written to."""
    digest_of: Slug | None = None
    """Take what that newsletter's issues printed, for its readers who chose monthly."""
    max_lateness: Duration = Duration(hours=6)
    """An issue later than this is held, not sent."""
    min_items: int = Field(default=3, ge=1)
    """An issue with fewer articles is skipped; its articles wait for the next."""
    personalise: Literal["none", "tags"] = "none"
    """`tags`: readers get the articles of the tags they follow; `none`: all get all."""
    count_clicks: bool = False
    """Lead the links of issues by way of the site, which counts clicks by link and day, and no reader."""
    theme: Slug = "standard"
    """`standard`, `harbour`, `brick`, `plum`, `serif`, `letter`, or a folder in `templates/themes`."""
    subject: str = "{{ lead.title }}"
    """A Jinja template over `newsletter`, `number`, `lead` and `items`."""
    archive_url: WebAddress | None = None
    """For the header List-Archive."""
    help_url: WebAddress | None = None
    """For the header List-Help."""
    owner: Mailbox | None = None
    """An address for the header List-Owner."""
    unknown: Literal["hold", "resend", "skip"] = "hold"
    """What becomes of deliveries whose outcome a crash left open: `hold`, `resend` or `skip`."""
    sections: tuple[SectionSettings, ...] = (SectionSettings(title="This week"),)
    """See below. Without any there is one, "This week"."""
    sources: tuple[SourceSettings, ...] = ()
    """See below."""

    @model_validator(mode="after")
    def somebody_to_remind(self) -> NewsletterSettings:
        """A reminder needs a reader."""
        if self.approval == "remind" and not self.editors:
            raise ValueError(
                'approval = "remind" writes to nobody; add editors = ["you@example.org"]'
            )
        return self
