"""What newsletter.toml may say: one frozen model per table, checked as it is read."""

from __future__ import annotations

import re
from datetime import date
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from newsletter.config.durations import Duration
from newsletter.config.schedules import Schedule
from newsletter.config.sender import Rate, Sender

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")


class Table(BaseModel):
    """A table of newsletter.toml: unknown keys are errors, `key_file` reads `key` from a file."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def read_values_from_files(cls, values: Any, info: ValidationInfo) -> Any:
        """Replace `password_file = "relay.pw"` by `password = <its content>`."""
        if not isinstance(values, dict):
            return values
        folder = (info.context or {}).get("folder", Path())
        values = dict(values)
        for key in [key for key in values if key.endswith("_file")]:
            plain = key.removesuffix("_file")
            if key in cls.model_fields or plain not in cls.model_fields:
                continue
            path = folder / str(values.pop(key))
            try:
                values[plain] = path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise ValueError(f"{key}: cannot read {path}: {error.strerror}") from error
        return values


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; use a name such as Europe/London or UTC"
        ) from error
    return name


def _language(code: str) -> str:
    try:
        Locale.parse(code, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"unknown language {code!r}; use a code such as en, de or zh") from error
    return code


def _web_address(url: str) -> str:
    if not re.match(r"https?://[^/\s?#]+", url):
        raise ValueError(f"{url!r} is no web address; it starts with https:// and names a host")
    return url


def _mailbox(address: str) -> str:
    try:
        return validate_email(parseaddr(address)[1], check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"{address!r} is no e-mail address: {error}") from error


def _slug(text: str) -> str:
    if not SLUG.match(text):
        raise ValueError(f"{text!r} is no short name; use a-z, 0-9 and single hyphens")
    return text


WebAddress = Annotated[str, AfterValidator(_web_address)]
Mailbox = Annotated[str, AfterValidator(_mailbox)]
Slug = Annotated[str, AfterValidator(_slug)]
Text = Annotated[str, Field(min_length=1)]


class SiteSettings(Table):
    """[site]: what all newsletters of the folder share."""

    url: WebAddress
    database: str = "sqlite:///newsletter.db"
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"
    language: Annotated[str, AfterValidator(_language)] = "en"
    postal_address: Text
    secret_key: str | None = Field(default=None, min_length=32, repr=False)
    former_secret_keys: tuple[str, ...] = Field(default=(), repr=False)
    """Keys used before: links in mails that were signed with one still work."""
    forget_unconfirmed: Duration = Duration(days=14)
    """Whoever never confirmed is forgotten after that."""
    allow_test: tuple[str, ...] = ()
    """Addresses and @domains that `newsletter test` may write to."""

    @field_validator("url")
    @classmethod
    def without_trailing_slash(cls, url: str) -> str:
        """One spelling, so that links are joined with one slash."""
        return url.rstrip("/")

    @field_validator("former_secret_keys", mode="before")
    @classmethod
    def one_key_a_line(cls, keys: object) -> object:
        """As `former_secret_keys_file` holds them."""
        return keys.split() if isinstance(keys, str) else keys

    @field_validator("database")
    @classmethod
    def known_database(cls, url: str) -> str:
        """Only the two databases we test on."""
        if not url.startswith(("sqlite:///", "postgresql://")):
            raise ValueError(
                f"{url!r} is not supported; use sqlite:///FILE or postgresql://USER@HOST/NAME"
            )
        return url

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which schedules and dates are read."""
        return ZoneInfo(self.timezone)


class FetchSettings(Table):
    """[fetch]: limits of the door to the web."""

    allow_private: tuple[str, ...] = ()
    timeout: Duration = Duration(seconds=30)
    max_bytes: int = Field(default=10_000_000, gt=0)
    max_redirects: int = Field(default=5, ge=0)

    @field_validator("allow_private")
    @classmethod
    def hosts_or_networks(cls, entries: tuple[str, ...]) -> tuple[str, ...]:
        """Each entry is a host name, an address or a CIDR network."""
        for entry in entries:
            if "/" in entry:
                ip_network(entry, strict=False)
            elif re.fullmatch(r"[\d.]+", entry) or ":" in entry:
                ip_address(entry)
        return entries


class TagSettings(Table):
    """[tags]: how feeds' spellings become one tag, and what a glued tag line is split by."""

    known: tuple[str, ...] = ()
    aliases: dict[str, str] = Field(default_factory=dict)


class RelaySettings(Table):
    """[[relays]]: an SMTP server we hand mail to."""

    name: Slug
    host: Text
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] | None = None
    """Unset means none for a relay on this machine (loopback), starttls for any other."""
    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    connections: int = Field(default=8, ge=1, le=256)
    rate: Rate | None = None
    per_domain: dict[str, Rate] = Field(default_factory=dict)
    ca_file: str | None = None

    @model_validator(mode="after")
    def name_and_password_together(self) -> RelaySettings:
        """A user name without a password (or the reverse) cannot sign in."""
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password (or password_file) go together")
        return self


class DkimSettings(Table):
    """[dkim]: the key that signs every message."""

    domain: Text
    selector: Text
    key_file: Text


class ImapSettings(Table):
    """[inbound].imap: a mailbox that subscribers write to."""

    host: Text
    port: int = Field(default=993, ge=1, le=65535)
    username: Text
    password: str = Field(repr=False)
    folder: str = "INBOX"
    security: Literal["tls", "starttls", "none"] = "tls"


class InboundSettings(Table):
    """[inbound]: the addresses that subscribers write to, and the ways their mail comes in."""

    domain: Text
    lmtp: str | None = None
    smtp: str | None = None
    imap: ImapSettings | None = None
    maildir: str | None = None


class SectionSettings(Table):
    """[[newsletters.NAME.sections]]: a titled part of the issue, filled by tags."""

    title: Text
    tags: tuple[str, ...] = ()
    """Empty: takes what no other section took."""
    max_items: int = Field(default=6, ge=1)


class SourceSettings(Table):
    """[[newsletters.NAME.sources]]: one place that articles come from."""

    feed: WebAddress | None = None
    page: str | None = None
    textdump: str | None = None
    folder: str | None = None
    name: str | None = None
    tags: tuple[str, ...] = ()

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
    """[newsletters.NAME]: one publication."""

    title: Text
    tagline: str = ""
    """A line under the title in the masthead."""
    sender: Sender = Field(alias="from")
    reply_to: Mailbox | None = None
    list: Slug
    schedule: Schedule
    approval: Literal["auto", "hold", "remind"] = "auto"
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
    min_items: int = Field(default=3, ge=1)
    personalise: Literal["none", "tags"] = "none"
    theme: Slug = "standard"
    """One of ours, or a folder in the site's templates/themes."""
    subject: str = "{{ lead.title }}"
    """A Jinja template over newsletter, number, lead and items."""
    archive_url: WebAddress | None = None
    help_url: WebAddress | None = None
    owner: Mailbox | None = None
    unknown: Literal["hold", "resend", "skip"] = "hold"
    """What becomes of deliveries whose outcome a crash left unknown (rule 3)."""
    sections: tuple[SectionSettings, ...] = (SectionSettings(title="This week"),)
    sources: tuple[SourceSettings, ...] = ()

    @model_validator(mode="after")
    def somebody_to_remind(self) -> NewsletterSettings:
        """A reminder needs a reader."""
        if self.approval == "remind" and not self.editors:
            raise ValueError(
                'approval = "remind" writes to nobody; add editors = ["you@example.org"]'
            )
        return self


class OperatorSettings(Table):
    """[operators]: who is told when the site needs a look."""

    mail: tuple[Mailbox, ...] = ()
    ping_url: WebAddress | None = None
    """A dead man's switch: told of each run's start (/start), success, and failure (/fail)."""

    @field_validator("ping_url")
    @classmethod
    def without_trailing_slash(cls, url: str | None) -> str | None:
        """One spelling, so that /start and /fail are joined with one slash."""
        return url.rstrip("/") if url else None


class WebhookSettings(Table):
    """[[webhooks]]: a program that is told what happened, by signed requests."""

    url: WebAddress
    secret: str = Field(min_length=16, repr=False)
    events: tuple[Literal["sent", "subscribed", "unsubscribed", "bounced"], ...] = (
        "sent", "subscribed", "unsubscribed", "bounced",
    )  # fmt: skip


class Settings(Table):
    """The whole of newsletter.toml."""

    site: SiteSettings
    fetch: FetchSettings = FetchSettings()
    tags: TagSettings = TagSettings()
    relays: tuple[RelaySettings, ...] = ()
    dkim: DkimSettings | None = None
    lint: dict[Slug, Literal["blocking", "warning", "off"]] = Field(default_factory=dict)
    """[lint]: another severity for a rule; what is off is still told."""
    inbound: InboundSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    operators: OperatorSettings = OperatorSettings()
    newsletters: dict[Slug, NewsletterSettings] = Field(min_length=1)
