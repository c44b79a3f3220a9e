"""The settings of a newsletter: its sections, sources and policies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from newsletter.config.durations import Duration, written
from newsletter.config.patterns import Patterns
from newsletter.config.popular import PopularSettings
from newsletter.config.readers_hour import ReadersHour
from newsletter.config.schedules import Schedule
from newsletter.config.sender import Sender
from newsletter.config.source import SourceSettings
from newsletter.config.source_policy import OnSourceFailure, SourceFailurePolicy
from newsletter.config.table import HeaderAddress, Mailbox, Slug, Table, Text, WebAddress


def _segment(text: str) -> str:
    """Check that the text can be read as a segment."""
    from subscribers.errors import SegmentError
    from subscribers.segments.parse import parse_segment  # only needed by sites with segments

    try:
        parse_segment(text)
    except SegmentError as error:
        raise ValueError(f"{error.problem.message}; {error.problem.fix}") from error
    return text


Segment = Annotated[str, AfterValidator(_segment)]
"""A condition on readers, such as `plan = 'gold' and tag:security`."""

MOST_CONDITIONS = 30
"""Different conditions of a newsletter's sections."""


class SectionSettings(Table):
    """[[newsletters.NAME.sections]]: a titled part of the issue, filled by tags.

    The issue has its sections in the order of the file.
    """

    title: Text
    """The heading of the section."""
    tags: tuple[str, ...] = ()
    """The tags of its articles. Empty: the articles that no other section has."""
    max_items: int = Field(default=6, ge=1)
    """The most articles that it can have."""
    include: Patterns = ()
    """Only articles that one of these finds: words, `/patterns/` or `tag:name`."""
    exclude: Patterns = ()
    """No articles that one of these finds."""
    max_age: Duration | None = None
    """No articles that were published longer ago than this when the issue is drafted."""
    only: Segment | None = None
    """Only readers for whom this holds see the section: a [segment](how-to/segments.md)."""
    show: Literal["summary", "full"] = "summary"
    """`full`: the whole text of its articles in the mail, as far as its size allows; `summary`: their beginning."""


class NewsletterSettings(Table):
    """[newsletters.NAME]: one publication.

    See [Themes](themes.md) for the look of issues, and
    [Send every week](how-to/send-every-week.md) for who gets which.
    """

    title: Text
    """The newsletter's name."""
    tagline: str = ""
    """A line under the title in the masthead."""
    logo: WebAddress | None = None
    """A picture in place of the title in issues, at most 40 pixels high. It has a white ground in the dark."""
    logo_width: int = Field(default=160, ge=16, le=552)
    """The width of the logo in pixels, as it is shown."""
    sender: Sender = Field(alias="from")
    """The sender of its issues: `Name <user@host>`."""
    reply_to: Mailbox | None = None
    """The address for readers' replies. Unset: the sender's."""
    list: Slug
    """The list whose subscribers get it."""
    segment: Segment | None = None
    """Only subscribers for whom this holds get it: `plan = 'gold' and tag:security`. See [Segments](how-to/segments.md)."""
    schedule: Schedule
    """Five cron fields, with days of the week by name, at most once a day: `0 7 * * mon`."""
    deliver: ReadersHour | None = None
    """`reader 07:00`: each reader gets a due issue at this hour of their own day. Unset: everybody at once. See [Everyone's own morning](how-to/everyones-own-morning.md)."""
    approval: Literal["auto", "unless-commented", "hold", "remind"] = "auto"
    """`auto`: due issues are sent; `unless-commented`: they are sent unless a reviewer's comment is open; `hold`: they wait for an editor; `remind`: they wait, and the editors get a reminder by mail."""
    paused: bool = False
    """`run` ignores the newsletter; dates that fall due while it is paused are skipped."""
    holidays: tuple[date, ...] = ()
    """Dates without an issue: the next issue has the articles of its window too."""
    editors: tuple[Mailbox, ...] = ()
    """The addresses that `approval = "remind"` writes to."""
    remind: Duration = Duration(hours=24)
    """How long before an issue is due its editors get the reminder."""
    digest_of: Slug | None = None
    """The newsletter whose published articles this one collects, for its readers who chose monthly."""
    max_lateness: Duration = Duration(hours=6)
    """An issue that is later than this is held instead of sent."""
    min_items: int = Field(default=3, ge=1)
    """An issue with fewer articles is skipped; its articles wait for the next. If sources failed, it is held."""
    on_source_failure: OnSourceFailure = SourceFailurePolicy()
    """If sources cannot be read when an issue is due: `send` it without them, `wait 2h` for them and then send it, or `hold` it."""
    personalise: Literal["none", "tags"] = "none"
    """`tags`: readers get the articles of the tags they follow; `none`: all readers get all articles."""
    count_clicks: bool = False
    """Route the links of issues through the site, which counts clicks by link and day, never by reader."""
    welcome: Literal["issue", "letter"] = "issue"
    """What a new reader gets: the newest `issue` if it is less than 60 days old and for them, or always a `letter`."""
    theme: Slug = "standard"
    """`standard`, `harbour`, `brick`, `plum`, `serif`, `letter`, `gazette`, `magazine`, `links`, or a folder in `templates/themes`."""
    palette: Slug | None = None
    """Other colours for the theme; [Themes](themes.md) shows the palettes of each. Unset: the theme's own."""
    font: Literal["sans", "serif"] | None = None
    """Fonts of headlines and text: with (`serif`) or without (`sans`) small strokes at the ends of letters. Unset: the theme's own."""
    density: Literal["compact", "headlines"] | None = None
    """Less of each article: `compact` shows pictures of the lead alone and short summaries, `headlines` no summaries but the lead's. Unset: as the theme does."""
    subject: str = "{{ lead.title }}"
    """A Jinja template that can use `newsletter`, `number`, `lead` and `items`."""
    public: bool = True
    """`false`: a list for invited readers. Nobody can join it by page, form or mail, and the start page, the archive and the feeds do not show it."""
    suggestions: bool = False
    """`true`: readers may suggest articles, by a page of the site and by mail. See [What readers suggest](how-to/what-readers-suggest.md)."""
    annotations: bool = False
    """Let Gmail's Promotions tab show the pictures and headlines of up to ten stories; it decides for which senders."""
    archive_url: HeaderAddress | None = None
    """The address in the header List-Archive. Unset: the archive of this site."""
    help_url: HeaderAddress | None = None
    """The address in the header List-Help. Unset: the start page of this site."""
    owner: Mailbox | None = None
    """The mail address in the header List-Owner. Unset: `reply_to`, else the sender's."""
    unknown: Literal["hold", "resend", "skip"] = "hold"
    """What to do with deliveries whose outcome a crash left unknown: `hold`, `resend` or `skip`."""
    sections: tuple[SectionSettings, ...] = (SectionSettings(title="This week"),)
    """See below. Without any there is one, "This week"."""
    sources: tuple[SourceSettings, ...] = ()
    """See below."""
    popular: tuple[PopularSettings, ...] = ()
    """See below."""

    @field_validator("on_source_failure")
    @classmethod
    def wait_in_time(cls, policy: SourceFailurePolicy, info: ValidationInfo) -> SourceFailurePolicy:
        """Require a wait that ends before the issue would be too late."""
        longest = info.data.get("max_lateness")
        if longest is not None and policy.wait >= longest:
            raise ValueError(
                f'"wait {written(policy.wait)}" is not shorter than max_lateness, {written(longest)};'
                " shorten the one or lengthen the other"
            )
        return policy

    @model_validator(mode="after")
    def few_conditions(self) -> NewsletterSettings:
        """Limit the conditions that the database checks for each reader."""
        different = {section.only for section in self.sections if section.only}
        if len(different) > MOST_CONDITIONS:
            raise ValueError(
                f"its sections have {len(different)} different conditions `only`; "
                f"use at most {MOST_CONDITIONS}"
            )
        return self

    @model_validator(mode="after")
    def popular_by_something(self) -> NewsletterSettings:
        """Require what each list of popular stories rests on."""
        wanted = {one.by for one in self.popular}
        if "clicks" in wanted and not self.count_clicks:
            raise ValueError(
                'a popular list by = "clicks" needs counted clicks; add count_clicks = true'
            )
        ranked = [source for source in self.sources if source.popular]
        if "site" in wanted and not ranked:
            raise ValueError(
                'a popular list by = "site" has no source to rest on; add one with popular = true'
            )
        if ranked and "site" not in wanted:
            raise ValueError(
                f"the source {ranked[0].location} is popular = true, and no list shows it;"
                ' add [[newsletters.NAME.popular]] with by = "site"'
            )
        read = {source.location for source in self.sources if not source.popular}
        for source in ranked:
            if source.location in read:
                raise ValueError(
                    f"the source {source.location} is listed twice, once with popular = true;"
                    " keep one of the two"
                )
        return self

    @property
    def is_sent_when_due(self) -> bool:
        """Whether a due issue is sent without an editor's approval."""
        return self.approval in ("auto", "unless-commented")

    @model_validator(mode="after")
    def editors_to_remind(self) -> NewsletterSettings:
        """Require editors where approval is "remind"."""
        if self.approval == "remind" and not self.editors:
            raise ValueError(
                'approval = "remind" has no editors to write to; add editors = ["you@example.org"]'
            )
        return self
