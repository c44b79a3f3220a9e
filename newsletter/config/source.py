"""The settings of one source of articles."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, Field, field_validator, model_validator

from newsletter.config.access import (
    Access,
    checked_credentials,
    checked_headers,
    require_escaped,
    split_credentials,
)
from newsletter.config.durations import Duration
from newsletter.config.patterns import Patterns
from newsletter.config.private_hosts import PrivateHosts
from newsletter.config.table import Mailbox, Table, WebAddress
from subscribers.addresses import parse_address
from subscribers.errors import AddressError

SourceKind = Literal["feed", "page", "textdump", "folder", "mail"]
KINDS: tuple[SourceKind, ...] = get_args(SourceKind)

SOONEST = Duration(minutes=15)
"""The shortest interval at which a source is read automatically."""


def _sender(text: str) -> str:
    """Check that it is a mail address or the domain of some, in small letters."""
    try:
        return parse_address(text if "@" in text else f"any@{text}").key.removeprefix("any@")
    except AddressError as error:
        raise ValueError(
            f"{text!r} is not a mail address or a domain; write news@site.example or site.example"
        ) from error


SenderPattern = Annotated[str, AfterValidator(_sender)]
"""A mail address, or a domain for all addresses there."""


class SourceSettings(Table):
    """[[newsletters.NAME.sources]]: one source of articles.

    Exactly one of `feed`, `page`, `textdump`, `folder` and `mail`. See
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
    mail: Mailbox | None = None
    """The address at which newsletters of others arrive, for editors to choose from. See [Newsletters as sources](how-to/newsletters-as-sources.md)."""
    senders: tuple[SenderPattern, ...] = ()
    """Whose mail to that address is read: addresses, or whole domains. Mail of others waits for an editor."""
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
        """Require exactly one of the kinds."""
        named = [kind for kind in KINDS if getattr(self, kind)]
        if len(named) != 1:
            raise ValueError(
                f"name exactly one of {', '.join(KINDS[:-1])} and {KINDS[-1]}"
                f" (here: {', '.join(named) or 'none'})"
            )
        if self.senders and not self.mail:
            raise ValueError("senders are for a source with mail")
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
    def kind(self) -> SourceKind:
        """Which of the kinds this source is."""
        return next(kind for kind in KINDS if getattr(self, kind))

    @property
    def location(self) -> str:
        """The URL, the path as written (relative to the site's folder), or the mail address."""
        return str(getattr(self, self.kind))
