"""The settings of a newsletter: its sections, sources and policies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from newsletter.config.access import (
    Access,
    checked_credentials,
    checked_headers,
    require_escaped,
    split_credentials,
)
from newsletter.config.durations import Duration, written
from newsletter.config.popular import PopularSettings
from newsletter.config.private_hosts import PrivateHosts
from newsletter.config.readers_hour import ReadersHour
from newsletter.config.schedules import Schedule
from newsletter.config.sender import Sender
from newsletter.config.source_policy import OnSourceFailure, SourceFailurePolicy
from newsletter.config.table import HeaderAddress, Mailbox, Slug, Table, Text, WebAddress

SOONEST = Duration(minutes=15)
"""The shortest interval at which a source is read automatically."""


def _usable(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """Check that no pattern is empty, and that regular expressions are valid."""
    import regex  # only needed by sites with regular expressions

    for pattern in patterns:
        if not pattern.strip() or pattern in ("/", "//", "tag:"):
            raise ValueError(
                f"{pattern!r} does not find anything; write a word, /a pattern/ or tag:name"
            )
        if pattern.startswith("/") and pattern.endswith("/"):
            try:
                regex.compile(pattern[1:-1])
            except regex.error as error:
                raise ValueError(f"{pattern!r} is not a regular expression: {error}") from error
    return patterns


Patterns = Annotated[tuple[str, ...], AfterValidator(_usable)]
"""Words, /regular expressions/ or tag:names."""


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


class SourceSettings(Table):
    """[[newsletters.NAME.sources]]: one source of articles.

    Exactly one of `feed`, `page`, `textdump` and `folder`. See
    [Choose sources](how-to/choose-sources.md).
    """

    feed: WebAddress | None = None
    """The address of a feed: RSS, Atom, RDF or JSON Feed."""
    page: str | None = None
    """The address of a web page, or the path of a saved one."""
    textdump: str | None = None
    """The path of an article page copied as plain text."""
    folder: str | None = None
    """The path of a folder of Markdown files with front matter."""
    name: str | None = None
    """The name that readers see. Unset: the source's own title."""
    tags: tuple[str, ...] = ()
    """Tags that are added to each article."""
    include: Patterns = ()
    """Only articles in whose title, tags, author or address one of these finds something: words, `/patterns/`, `tag:name`."""
    exclude: Patterns = ()
    """No articles in which one of these finds something."""
    max_items: int | None = Field(default=None, ge=1)
    """The most articles that one issue can have from it."""
    max_age: Duration | None = None
    """No articles that were published longer ago than this when the issue is drafted."""
    follow: bool = False
    """`true`: the page of each article is fetched too, and fills in what the feed leaves out: text, picture, tags, author."""
    allow_private: PrivateHosts = ()
    """Private hosts that this source alone may be read from, and the pages of its articles: `10.0.0.5:8080`; as in [fetch]."""
    paused: bool = False
    """`true`: it is not read; what it brought before stays."""
    popular: bool = False
    """`true`: its entries are the site's own ranking, for the lists of popular stories; none of them becomes an article."""
    every: Duration | None = None
    """How often it is read between issues: `15m` or longer. Unset: depending on how often it changes."""
    auth: Annotated[str, AfterValidator(checked_credentials)] | None = Field(
        default=None, repr=False
    )
    """`user:password`, or `bearer` and a token, for a source that is not public; better in a file: `auth_file`. Sent to its own host only."""
    headers: Annotated[dict[str, str], AfterValidator(checked_headers)] = Field(
        default_factory=dict, repr=False
    )
    """A table of headers for its own host: `{"X-Api-Key" = "…"}`."""
    user_agent: Annotated[str, Field(pattern=r"^[ -~]+$")] | None = None
    """The User-Agent to ask with. Unset: `newsletter/VERSION`."""

    @model_validator(mode="before")
    @classmethod
    def credentials_apart_from_address(cls, values: Any) -> Any:
        """Take the user and password out of an address, so that the address can be shown."""
        if not isinstance(values, dict):
            return values
        for kind in ("feed", "page", "textdump"):
            if isinstance(values.get(kind), str):
                clean, credentials = split_credentials(values[kind])
                require_escaped(clean)
                values = {**values, kind: clean}
                if credentials and "auth" not in values and "auth_file" not in values:
                    values["auth"] = credentials
        return values

    @field_validator("every")
    @classmethod
    def not_too_often(cls, every: Duration | None) -> Duration | None:
        """Spare the servers of others."""
        if every is not None and every < SOONEST:
            raise ValueError("a source is read every 15 minutes at most; write 15m or longer")
        return every

    @model_validator(mode="after")
    def one_place(self) -> SourceSettings:
        """Require exactly one of the four kinds."""
        named = [kind for kind in ("feed", "page", "textdump", "folder") if getattr(self, kind)]
        if len(named) != 1:
            raise ValueError(
                f"name exactly one of feed, page, textdump and folder (here: {', '.join(named) or 'none'})"
            )
        if (self.auth or self.headers or self.user_agent) and "://" not in self.location:
            raise ValueError("auth, headers and user_agent are for a source with a web address")
        if self.follow and not self.feed:
            raise ValueError("only the articles of a feed can be followed; remove follow")
        if self.popular and not (self.feed or "://" in (self.page or "")):
            raise ValueError("popular = true is for a feed, or for a page with a web address")
        if self.popular and self.follow:
            raise ValueError("the articles of a popular list are not followed; remove follow")
        return self

    @property
    def access(self) -> Access:
        """What its requests carry."""
        return Access(
            credentials=self.auth or "",
            headers=tuple(self.headers.items()),
            user_agent=self.user_agent or "",
        )

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
